"""The services of both clients, and the metadata of their calls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import grpc
import grpc.aio
import pytest

from tests.transport.counting import Traffic
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api._services import SERVICES
from zitadel_grpc.api.admin.v1 import GetMyInstanceRequest
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ManagementServiceStub
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import DeadlineExceeded, PermissionDenied, Unauthenticated, Unavailable
from zitadel_grpc.testing import Emulator

ORG_ID = "x-zitadel-orgid"


@pytest.fixture
def pat(emulator: Emulator) -> PersonalAccessToken:
    return PersonalAccessToken(emulator.pat)


def _itself(channel: Any) -> Any:
    return channel


def sent(traffic: Traffic, name: str) -> list[list[str]]:
    """The values of a metadata key in each call that the server received."""
    return [[value for key, value in call.metadata if key == name] for call in traffic.calls]


async def test_the_services_of_the_async_client_respond(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        org, instance, user = await asyncio.gather(
            client.management.GetMyOrg(GetMyOrgRequest()),
            client.admin.GetMyInstance(GetMyInstanceRequest()),
            client.auth.GetMyUser(GetMyUserRequest()),
        )

    assert (org.org.name, instance.instance.name) == ("ZITADEL", "ZITADEL")
    assert user.user.id == emulator.key_file["userId"]


def test_the_services_of_the_client_respond(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    with Client(emulator.url, key, options=options) as client:
        assert client.management.GetMyOrg(GetMyOrgRequest()).org.name == "ZITADEL"
        assert client.admin.GetMyInstance(GetMyInstanceRequest()).instance.name == "ZITADEL"
        response, call = client.auth.GetMyUser.with_call(GetMyUserRequest())
        assert call.code() is grpc.StatusCode.OK
        future = client.auth.GetMyUser.future(GetMyUserRequest())
        assert future.result(10).user == response.user


@pytest.mark.parametrize("kind", [AsyncClient, Client])
def test_every_service_is_an_attribute(kind: type[Any], pat: PersonalAccessToken) -> None:
    client = kind("https://localhost", pat)

    for name, (_, stub) in SERVICES.items():
        assert type(getattr(client, name)).__name__ == stub
        assert name in dir(client)
    assert client.user_v2 is client.user_v2
    with pytest.raises(AttributeError, match="manegement"):
        _ = client.manegement
    assert not hasattr(client, "__deepcopy__")


@pytest.mark.parametrize("kind", [AsyncClient, Client])
def test_a_client_shows_its_server_and_no_secret(
    kind: type[Any], emulator: Emulator, key: JwtProfile
) -> None:
    shown = repr(kind(emulator.url, PersonalAccessToken(emulator.pat))) + repr(kind(emulator.url, key))

    assert emulator.url in shown
    assert emulator.pat not in shown
    assert "PRIVATE KEY" not in shown


async def test_the_access_token_is_the_one_that_calls_send(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)

    async with AsyncClient(emulator.url, key, options=options) as client:
        token = await client.access_token()
        assert not token.startswith("Bearer")
        assert token == await client.access_token() == await client.with_org("1").access_token()
        await client.management.GetMyOrg(GetMyOrgRequest())
    with Client(emulator.url, key, options=options) as sync_client:
        assert sync_client.access_token() == token

    assert traffic.token_requests == 1


async def test_exactly_one_token_and_one_organization_is_sent(
    emulator: Emulator, options: ConnectionOptions, pat: PersonalAccessToken
) -> None:
    traffic = Traffic(emulator)
    options = replace(options, headers={"X-Zitadel-OrgId": "0", "x-gateway": "yes"})
    async with AsyncClient(emulator.url, pat, options=options) as asking:
        org_id = (await asking.management.GetMyOrg(GetMyOrgRequest(), metadata=((ORG_ID, ""),))).org.id

    async with AsyncClient(emulator.url, pat, org_id="1", options=options) as client:
        for metadata in (
            ((ORG_ID, org_id),),
            [(ORG_ID, org_id)],
            grpc.aio.Metadata((ORG_ID, org_id)),
            (("X-Zitadel-OrgID", org_id),),
        ):
            await client.management.GetMyOrg(GetMyOrgRequest(), metadata=metadata)
        await client.with_org("2").with_org(org_id).management.GetMyOrg(GetMyOrgRequest())
    with Client(emulator.url, pat, org_id="1", options=options) as sync_client:
        method: Any = sync_client.management.GetMyOrg
        method(GetMyOrgRequest(), metadata=[("X-Zitadel-OrgID", org_id)])
        method.with_call(GetMyOrgRequest(), metadata=((ORG_ID, org_id),))
        method.future(GetMyOrgRequest(), metadata=((ORG_ID, org_id),)).result(10)
        sync_client.with_org(org_id).management.GetMyOrg(GetMyOrgRequest())

    assert len(traffic.calls) == 10
    assert sent(traffic, ORG_ID)[1:] == [[org_id]] * 9
    assert sent(traffic, "x-gateway") == [["yes"]] * 10
    assert [[value.partition(" ")[0] for value in values] for values in sent(traffic, "authorization")] == [
        ["Bearer"]
    ] * 10


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_a_calls_own_authorization_replaces_the_clients(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, name: str
) -> None:
    traffic = Traffic(emulator)
    wrong, right = ((name, "Bearer wrong"),), ((name, f"Bearer {emulator.pat}"),)

    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest(), metadata=right)
        with pytest.raises(Unauthenticated):
            await client.management.GetMyOrg(GetMyOrgRequest(), metadata=wrong)
    with Client(emulator.url, key, options=options) as sync_client:
        method = sync_client.management.GetMyOrg
        method(GetMyOrgRequest(), metadata=right)
        method.future(GetMyOrgRequest(), metadata=right).result(10)
        with pytest.raises(Unauthenticated):
            method(GetMyOrgRequest(), metadata=wrong)

    assert traffic.token_requests == 0
    assert traffic.codes == {grpc.StatusCode.OK: 3, grpc.StatusCode.UNAUTHENTICATED: 2}
    assert [len(values) for values in sent(traffic, "authorization")] == [1] * 5


async def test_a_calls_own_credentials_replace_the_clients(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)
    own = grpc.access_token_call_credentials(emulator.pat)

    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest(), credentials=own)
    with Client(emulator.url, key, options=options) as sync_client:
        sync_client.management.GetMyOrg(GetMyOrgRequest(), credentials=own)
        sync_client.management.GetMyOrg.future(GetMyOrgRequest(), credentials=own).result(10)

    assert traffic.token_requests == 0
    assert traffic.codes == {grpc.StatusCode.OK: 3}
    assert [len(values) for values in sent(traffic, "authorization")] == [1] * 3


@pytest.mark.parametrize("seconds", [0, -1, 1e-9])
def test_a_sync_call_fails_at_its_deadline(
    emulator: Emulator, options: ConnectionOptions, pat: PersonalAccessToken, key: JwtProfile, seconds: float
) -> None:
    emulator.faults.latency = 5
    for credentials in (pat, key):
        client = Client(emulator.url, credentials, options=options)
        with client, pytest.raises(DeadlineExceeded):
            client.management.GetMyOrg(GetMyOrgRequest(), timeout=seconds)


async def test_calls_with_wait_for_ready_wait_for_a_server(
    options: ConnectionOptions, pat: PersonalAccessToken
) -> None:
    async with AsyncClient("https://localhost:1", pat, options=options) as client:
        with pytest.raises(Unavailable):
            await client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(DeadlineExceeded):
            await client.management.GetMyOrg(GetMyOrgRequest(), wait_for_ready=True, timeout=0.3)
    with Client("https://localhost:1", pat, options=options) as sync_client:
        with pytest.raises(Unavailable):
            sync_client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(DeadlineExceeded):
            sync_client.management.GetMyOrg(GetMyOrgRequest(), wait_for_ready=True, timeout=0.3)


async def test_a_view_acts_in_another_organization_and_its_client_does_not(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)

    async with AsyncClient(emulator.url, key, options=options) as client:
        elsewhere = client.with_org("123")
        for service in (elsewhere.management, elsewhere.stub(ManagementServiceStub)):
            with pytest.raises(PermissionDenied):
                await service.GetMyOrg(GetMyOrgRequest())
        await client.management.GetMyOrg(GetMyOrgRequest())
        assert "GetMyOrg" in dir(elsewhere.management)
        assert elsewhere.management.GetMyOrg is elsewhere.management.GetMyOrg
        with pytest.raises(AttributeError, match="GetMyOrk"):
            getattr(elsewhere.management, "GetMyOrk")  # noqa: B009

    assert sent(traffic, ORG_ID) == [["123"], ["123"], []]
    assert traffic.token_requests == 1


async def test_metadata_that_grpc_refuses_raises_its_error(
    emulator: Emulator, options: ConnectionOptions, pat: PersonalAccessToken
) -> None:
    metadata: Any = (("x-number", 1),)
    async with AsyncClient(emulator.url, pat, options=options) as client:
        with pytest.raises((TypeError, ValueError)):
            await client.management.GetMyOrg(GetMyOrgRequest(), metadata=metadata)


async def test_any_stub_works_on_the_clients_channel(
    emulator: Emulator, options: ConnectionOptions, pat: PersonalAccessToken
) -> None:
    async with AsyncClient(emulator.url, pat, options=options) as client:
        stub = client.stub(ManagementServiceStub)
        assert type(stub).__name__ == "ManagementServiceStub"
        assert (await stub.GetMyOrg(GetMyOrgRequest())).org.name == "ZITADEL"
    with Client(emulator.url, pat, options=options) as sync_client:
        assert sync_client.stub(ManagementServiceStub).GetMyOrg(GetMyOrgRequest()).org.name == "ZITADEL"


async def test_the_channel_has_a_state(
    emulator: Emulator, options: ConnectionOptions, pat: PersonalAccessToken
) -> None:
    async with AsyncClient(emulator.url, pat, options=options) as client:
        channel = client.stub(_itself)
        assert channel.get_state() is grpc.ChannelConnectivity.IDLE
        await asyncio.wait_for(channel.channel_ready(), 10)
        assert channel.get_state() is grpc.ChannelConnectivity.READY
    with Client(emulator.url, pat, options=options) as sync_client:
        grpc.channel_ready_future(sync_client.stub(_itself)).result(10)


@pytest.mark.parametrize("kind", [AsyncClient, Client])
def test_a_client_is_created_from_the_environment(
    kind: type[Any], emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    monkeypatch.setenv("ZITADEL_API_URL", emulator.url)
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", emulator.pat)
    monkeypatch.setenv("ZITADEL_CA_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("ZITADEL_ORG_ID", "123")
    client = kind.from_env(timeout=5)

    async def call() -> None:
        async with client:
            await client.management.GetMyOrg(GetMyOrgRequest())

    with pytest.raises(PermissionDenied, match="AUTH-Bs7Ds"):
        asyncio.run(call()) if kind is AsyncClient else client.management.GetMyOrg(GetMyOrgRequest())
