"""Each kind of credentials authenticates its user until the server revokes it."""

from __future__ import annotations

import asyncio
import json
import ssl

import jwt
import pytest

from tests.behaviour.sandbox import Robot, Sandbox
from tests.behaviour.waiting import eventually, eventually_fails
from zitadel_grpc import AsyncClient
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.authn.v1 import KeyType
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.system.v1 import ListInstancesRequest
from zitadel_grpc.credentials import (
    AccessToken,
    ClientCredentials,
    Credentials,
    JwtProfile,
    PersonalAccessToken,
    SystemUser,
)
from zitadel_grpc.errors import CredentialsError, Unauthenticated


async def user_of(client: AsyncClient) -> str:
    return (await client.auth.GetMyUser(GetMyUserRequest())).user.id


async def user_by(sandbox: Sandbox, credentials: Credentials) -> str:
    """Uses a new client, which has no earlier failures in its cache."""
    async with sandbox.connect(credentials) as client:
        return await user_of(client)


async def add_key(sandbox: Sandbox, robot: Robot) -> dict[str, str]:
    request = management.AddMachineKeyRequest(user_id=robot.id, type=KeyType.KEY_TYPE_JSON)
    added = await sandbox.client.management.AddMachineKey(request)
    key_file: dict[str, str] = json.loads(added.key_details)
    return key_file


async def test_the_first_service_user_authenticates_with_its_key_and_its_token(sandbox: Sandbox) -> None:
    for credentials in (
        JwtProfile.from_dict(sandbox.server.key_file),
        PersonalAccessToken(sandbox.server.pat),
    ):
        assert await user_by(sandbox, credentials) == sandbox.server.key_file["userId"]


async def test_a_new_key_secret_and_token_authenticate_their_user(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot()
    key_file = await add_key(sandbox, robot)
    request = management.GenerateMachineSecretRequest(user_id=robot.id)
    secret = await sandbox.client.management.GenerateMachineSecret(request)
    assert await eventually(lambda: user_by(sandbox, JwtProfile.from_dict(key_file))) == robot.id
    by_secret = ClientCredentials(secret.client_id, secret.client_secret)
    assert await eventually(lambda: user_by(sandbox, by_secret)) == robot.id
    assert await user_by(sandbox, PersonalAccessToken(robot.pat)) == robot.id
    async with sandbox.connect(JwtProfile.from_dict(key_file)) as client:
        token = await client.access_token()
    assert await user_by(sandbox, AccessToken(lambda: token)) == robot.id


async def test_a_removed_key_and_a_removed_secret_get_no_tokens(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot()
    api, key_file = sandbox.client.management, await add_key(sandbox, robot)
    secret = await api.GenerateMachineSecret(management.GenerateMachineSecretRequest(user_id=robot.id))

    async def by_key() -> str:
        return await user_by(sandbox, JwtProfile.from_dict(key_file))

    async def by_secret() -> str:
        return await user_by(sandbox, ClientCredentials(secret.client_id, secret.client_secret))

    await eventually(by_key)
    await eventually(by_secret)
    await api.RemoveMachineKey(management.RemoveMachineKeyRequest(user_id=robot.id, key_id=key_file["keyId"]))
    await api.RemoveMachineSecret(management.RemoveMachineSecretRequest(user_id=robot.id))
    refused = await eventually_fails(by_key, CredentialsError)
    assert refused.error == "invalid_grant"
    await eventually_fails(by_secret, CredentialsError)


async def test_a_wrong_secret_is_reported_and_not_shown(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot()
    request = management.GenerateMachineSecretRequest(user_id=robot.id)
    await sandbox.client.management.GenerateMachineSecret(request)
    wrong = ClientCredentials(robot.name, "not-the-right-secret")
    refused = await eventually_fails(lambda: user_by(sandbox, wrong), CredentialsError)
    assert "not-the-right-secret" not in str(refused)


async def test_a_deactivated_user_loses_its_token_permanently(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot()
    api = sandbox.client.management
    async with sandbox.connect(robot) as client:
        await api.DeactivateUser(management.DeactivateUserRequest(id=robot.id))
        await eventually_fails(lambda: user_of(client), Unauthenticated)
        await api.ReactivateUser(management.ReactivateUserRequest(id=robot.id))
        key_file = await add_key(sandbox, robot)
        assert await eventually(lambda: user_by(sandbox, JwtProfile.from_dict(key_file))) == robot.id
        with pytest.raises(Unauthenticated):
            await user_of(client)


async def test_a_user_can_get_jwts_that_the_keys_of_the_server_verify(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot(jwt_access_tokens=True)
    key_file = await add_key(sandbox, robot)
    project_id = await sandbox.add_project()

    async def token() -> str:
        credentials = JwtProfile.from_dict(key_file, project_ids=[project_id])
        async with sandbox.connect(credentials) as client:
            return await client.access_token()

    url = sandbox.server.url
    trust = ssl.create_default_context(cadata=sandbox.server.root_certificates.decode())
    keys = jwt.PyJWKClient(f"{url}/oauth/v2/keys", ssl_context=trust)
    found = await eventually(token)
    key = await asyncio.to_thread(keys.get_signing_key_from_jwt, found)
    claims = jwt.decode(found, key, ["RS256"], audience=project_id, issuer=url)
    assert claims["sub"] == robot.id


async def test_concurrent_calls_share_one_token(sandbox: Sandbox) -> None:
    async with sandbox.connect(JwtProfile.from_dict(sandbox.server.key_file)) as client:
        assert len(set(await asyncio.gather(*(user_of(client) for _ in range(50))))) == 1
        assert await client.access_token() == await client.access_token()


async def test_a_system_user_sees_the_instances(sandbox: Sandbox) -> None:
    if (key := sandbox.server.system_key) is None:
        pytest.skip("ZITADEL_TEST_SYSTEM_KEY is not set")
    async with sandbox.connect(SystemUser("system-user", key)) as client:
        found = await client.system.ListInstances(ListInstancesRequest())
    assert all(instance.id for instance in found.result)
    assert found.result
