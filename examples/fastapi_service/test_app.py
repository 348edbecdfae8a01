"""Tests of the service. They use the emulator, need neither Docker nor a network, and take milliseconds.

The fixtures `zitadel` and `zitadel_client` come with `pip install 'zitadel-grpc[testing]'`. Each test starts
with a fresh ZITADEL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from app import app
from fastapi.testclient import TestClient
from grpc import StatusCode

from zitadel_grpc import AsyncClient
from zitadel_grpc.api.user.v2 import ListUsersRequest
from zitadel_grpc.testing import Emulator, ServiceUser

ADA = {"email": "ada@example.com", "given_name": "Ada", "family_name": "Lovelace"}


@pytest.fixture
def robot(zitadel: Emulator) -> ServiceUser:
    """The service user of the service, with the same roles as in production."""
    return zitadel.add_service_user("people-service", roles=["ORG_USER_MANAGER"])


@pytest.fixture
def service(
    zitadel: Emulator, robot: ServiceUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """The service, configured by environment variables."""
    (tmp_path / "ca.pem").write_bytes(zitadel.root_certificates)
    monkeypatch.setenv("ZITADEL_API_URL", zitadel.url)
    monkeypatch.setenv("ZITADEL_CA_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("ZITADEL_KEY_JSON", json.dumps(robot.key_file))
    with TestClient(app) as client:
        yield client


async def test_a_person_is_a_user_in_zitadel(service: TestClient, zitadel_client: AsyncClient) -> None:
    added = service.post("/people", json=ADA)
    assert added.status_code == 201
    users = (await zitadel_client.user_v2.ListUsers(ListUsersRequest())).result
    (ada,) = (user for user in users if user.username == "ada@example.com")
    assert (ada.user_id, ada.human.profile.family_name) == (added.json()["id"], "Lovelace")


def test_a_person_can_be_read_and_removed(service: TestClient) -> None:
    person = service.post("/people", json=ADA).json()
    assert service.get(f"/people/{person['id']}").json() == person
    assert service.delete(f"/people/{person['id']}").status_code == 204
    assert service.get(f"/people/{person['id']}").status_code == 404


def test_an_existing_person_cannot_be_added_again(service: TestClient, zitadel: Emulator) -> None:
    zitadel.add_human("ada@example.com")
    assert service.post("/people", json=ADA).status_code == 409


def test_the_caller_sees_why_zitadel_rejects_a_person(service: TestClient) -> None:
    response = service.post("/people", json={**ADA, "email": "nobody"})
    assert response.status_code == 422
    assert "value must be a valid email address" in response.json()["detail"]


def test_all_requests_share_one_token(service: TestClient, zitadel: Emulator, robot: ServiceUser) -> None:
    for _ in range(3):
        service.get(f"/people/{robot.id}")
    assert zitadel.token_requests == 1
    assert {call.user_id for call in zitadel.calls} == {robot.id}


def test_an_outage_of_zitadel_is_reported_as_503(service: TestClient, zitadel: Emulator) -> None:
    zitadel.faults.fail_next("zitadel.user.v2.UserService/CreateUser", StatusCode.UNAVAILABLE)
    assert service.post("/people", json=ADA).status_code == 503
    assert service.post("/people", json=ADA).status_code == 201


def test_a_revoked_token_is_replaced(service: TestClient, zitadel: Emulator) -> None:
    person = service.post("/people", json=ADA).json()
    zitadel.faults.revoke_all_tokens()
    assert service.get(f"/people/{person['id']}").status_code == 200
