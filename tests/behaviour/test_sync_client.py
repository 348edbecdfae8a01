"""The synchronous client behaves like the asynchronous one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.behaviour.sandbox import Robot, Sandbox
from zitadel_grpc import Client
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import NotFound

THREADS = 8


@pytest.fixture
async def robot(sandbox: Sandbox) -> Robot:
    return await sandbox.add_robot()


def user_of(client: Client) -> str:
    return client.auth.GetMyUser(GetMyUserRequest()).user.id


def test_it_calls_as_the_user_of_its_credentials(sandbox: Sandbox, robot: Robot) -> None:
    with sandbox.connect_sync(robot) as client:
        assert user_of(client) == robot.id


def test_it_serves_many_threads_with_one_token(sandbox: Sandbox) -> None:
    key = JwtProfile.from_dict(sandbox.server.key_file)
    with sandbox.connect_sync(key) as client, ThreadPoolExecutor(THREADS) as threads:
        users = set(threads.map(lambda _: user_of(client), range(5 * THREADS)))
        tokens = set(threads.map(lambda _: client.access_token(), range(THREADS)))
    assert users == {sandbox.server.key_file["userId"]}
    assert len(tokens) == 1


def test_errors_are_the_same(sandbox: Sandbox, robot: Robot) -> None:
    with sandbox.connect_sync(robot) as client, pytest.raises(NotFound) as refused:
        client.management.GetMyOrg(management.GetMyOrgRequest())
    assert refused.value.error_id == "AUTHZ-cdgFk"
