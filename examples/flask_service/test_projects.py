"""Tests of the service. The fixture `zitadel` comes with `pip install 'zitadel-grpc[testing]'`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from grpc import StatusCode
from projects import create_app

from zitadel_grpc.testing import Emulator

ADD_PROJECT = "zitadel.management.v1.ManagementService/AddProject"


@pytest.fixture
def service(zitadel: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The service, configured by environment variables."""
    robot = zitadel.add_service_user("project-service", roles=["ORG_OWNER"])
    (tmp_path / "ca.pem").write_bytes(zitadel.root_certificates)
    monkeypatch.setenv("ZITADEL_API_URL", zitadel.url)
    monkeypatch.setenv("ZITADEL_CA_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("ZITADEL_KEY_JSON", json.dumps(robot.key_file))
    return create_app().test_client()


@pytest.fixture
def projects(zitadel: Emulator) -> str:
    """The URL path of the projects of the first organization."""
    return f"/organizations/{zitadel.organization_id}/projects"


def test_an_added_project_is_listed(service: FlaskClient, projects: str) -> None:
    added = service.post(projects, json={"name": "Shop"})
    assert added.status_code == 201
    assert added.json in (service.get(projects).json or [])


def test_a_project_name_is_unique(service: FlaskClient, projects: str) -> None:
    assert service.post(projects, json={"name": "Shop"}).status_code == 201
    assert service.post(projects, json={"name": "Shop"}).status_code == 409


def test_a_project_needs_a_name(service: FlaskClient, projects: str) -> None:
    bodies: list[object] = [None, {}, ["Shop"], "Shop"]
    for body in bodies:
        assert service.post(projects, json=body).status_code == 422


def test_unknown_organizations_and_those_of_others_are_not_found(
    service: FlaskClient, zitadel: Emulator
) -> None:
    others = zitadel.add_organization("Others")
    for organization in ("1", others):
        response = service.get(f"/organizations/{organization}/projects")
        assert (response.status_code, response.json) == (404, {"detail": "organization not found"})


def test_a_project_is_never_added_twice(service: FlaskClient, projects: str, zitadel: Emulator) -> None:
    zitadel.faults.fail_next(ADD_PROJECT, StatusCode.UNAVAILABLE)
    assert service.post(projects, json={"name": "Shop"}).status_code == 503
    assert [call.rpc for call in zitadel.calls] == [ADD_PROJECT]


def test_it_is_unhealthy_without_a_valid_token(
    service: FlaskClient, projects: str, zitadel: Emulator
) -> None:
    assert service.get("/health").json == {"calls": 0, "last_token": None, "failed_refreshes": 0}
    service.get(projects)
    health = service.get("/health")
    assert (health.status_code, (health.json or {})["calls"]) == (200, 1)

    zitadel.faults.revoke_all_tokens()
    zitadel.faults.token_endpoint.respond(429)
    assert service.get(projects).status_code == 503
    assert service.get("/health").status_code == 503
