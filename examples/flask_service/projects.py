"""A Flask service that lists and adds projects of organizations. One client serves all threads.

    ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\
        gunicorn --chdir examples/flask_service --workers 2 --threads 8 'projects:create_app()'

The key belongs to a service user with a Manager role in each organization (ORG_OWNER, or ORG_PROJECT_CREATOR
to add projects). `test_projects.py` shows how to test the service without a ZITADEL server.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from zitadel_grpc import Client
from zitadel_grpc.api.management.v1 import AddProjectRequest, ListProjectsRequest
from zitadel_grpc.errors import AlreadyExists, InvalidArgument, NotFound, PermissionDenied, ZitadelError

# The organization does not exist, or the service user has no role in it. Callers see both as "not found".
UNKNOWN_ORGANIZATION = {"AUTH-Bs7Ds", "AUTHZ-cdgFk"}


def create_app() -> Flask:
    app = Flask(__name__)
    # One client per process. It connects on its first call, and each forked worker opens its own connection.
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
        body = {"calls": stats.calls, "last_token": last, "failed_refreshes": stats.failed_refreshes}
        return jsonify(body), 503 if stats.failed_refreshes else 200

    @app.errorhandler(ZitadelError)
    def error_response(error: ZitadelError) -> tuple[Response, int]:
        """Reports errors of the caller to the caller, and errors of this service to its log."""
        match error:
            case NotFound() | PermissionDenied() if error.error_id in UNKNOWN_ORGANIZATION:
                return problem("organization not found"), 404
            case AlreadyExists():
                return problem("a project with this name already exists"), 409
            case InvalidArgument():
                return problem(error.message), 422
        app.logger.error("ZITADEL rejected the request or cannot be reached: %s", error)
        return problem("projects are temporarily unavailable"), 503

    return app


def problem(detail: str) -> Any:
    return jsonify({"detail": detail})
