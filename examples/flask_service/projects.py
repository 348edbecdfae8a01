"""A Flask service that shows and adds the projects of organizations, with one client for all threads.

    ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\
        gunicorn --chdir examples/flask_service --workers 2 --threads 8 'projects:create_app()'

The key is that of a service user with a Manager role in each organization (ORG_OWNER, or
ORG_PROJECT_CREATOR to add projects). How the service is tested without any ZITADEL is in `test_projects.py`.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from zitadel_grpc import Client
from zitadel_grpc.api.management.v1 import AddProjectRequest, ListProjectsRequest
from zitadel_grpc.errors import AlreadyExists, InvalidArgument, NotFound, PermissionDenied, ZitadelError

# Both mean to a caller that there is nothing here for it: no such organization, or no role of ours in it.
UNKNOWN_ORGANIZATION = {"AUTH-Bs7Ds", "AUTHZ-cdgFk"}


def create_app() -> Flask:
    app = Flask(__name__)
    # One for the process: it connects at its first call, and goes on in workers that are forked before or
    # after that, with a connection for each.
    zitadel = Client.from_env(timeout=10)

    @app.get("/organizations/<int:organization>/projects")
    def list_projects(organization: int) -> Response:
        management = zitadel.with_org(str(organization)).management
        projects = zitadel.paginate(management.ListProjects, ListProjectsRequest())
        return jsonify([{"id": project.id, "name": project.name} for project in projects])

    @app.post("/organizations/<int:organization>/projects")
    def add_project(organization: int) -> tuple[Response, int]:
        body = request.get_json(silent=True)
        name = body.get("name", "") if isinstance(body, dict) else ""
        management = zitadel.with_org(str(organization)).management
        added = management.AddProject(AddProjectRequest(name=str(name)))
        return jsonify({"id": added.id, "name": name}), 201

    @app.get("/health")
    def health() -> tuple[Response, int]:
        stats = zitadel.stats()
        last = stats.last_refresh.isoformat() if stats.last_refresh else None
        told = {"calls": stats.calls, "last_token": last, "failed_refreshes": stats.failed_refreshes}
        return jsonify(told), 503 if stats.failed_refreshes else 200

    @app.errorhandler(ZitadelError)
    def answer_for(error: ZitadelError) -> tuple[Response, int]:
        """What the caller did is told to the caller; what this service cannot do, to those who run it."""
        match error:
            case NotFound() | PermissionDenied() if error.error_id in UNKNOWN_ORGANIZATION:
                return problem("there is no such organization"), 404
            case AlreadyExists():
                return problem("there is a project of this name already"), 409
            case InvalidArgument():
                return problem(error.message), 422
        app.logger.error("ZITADEL refuses this service, or cannot be reached: %s", error)
        return problem("projects are not available now"), 503

    return app


def problem(detail: str) -> Any:
    return jsonify({"detail": detail})
