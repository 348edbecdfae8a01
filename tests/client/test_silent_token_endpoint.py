"""A token endpoint that never responds: calls fail in time and say why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import grpc
import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions, ZitadelAuthPlugin, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ManagementServiceStub
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import DeadlineExceeded, TokenEndpointError
from zitadel_grpc.testing import Emulator

SHORT = 0.3
AT_MOST = 8.0  # well above SHORT, and below all time limits that are not tested here


@pytest.fixture(autouse=True)
def bounded(emulator: Emulator) -> Iterator[None]:
    emulator.faults.token_endpoint.silent = True
    start = time.monotonic()
    yield
    assert time.monotonic() - start < AT_MOST


@pytest.fixture
def impatient(options: ConnectionOptions) -> ConnectionOptions:
    return replace(options, token_timeout=SHORT)


async def test_the_async_client_fails_within_the_token_timeout(
    emulator: Emulator, impatient: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=impatient) as client:
        calls = [client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(10)]
        outcomes = await asyncio.gather(*calls, client.access_token(), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {TokenEndpointError}
    assert "token_timeout" in str(outcomes[0])
    assert await calls[0].code() is grpc.StatusCode.UNAVAILABLE
    assert "token_timeout" in await calls[0].details()


def test_the_client_fails_within_the_token_timeout(
    emulator: Emulator, impatient: ConnectionOptions, key: JwtProfile
) -> None:
    with Client(emulator.url, key, options=impatient) as client:
        with pytest.raises(TokenEndpointError, match="token_timeout"):
            client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(TokenEndpointError, match="token_timeout"):
            client.management.GetMyOrg.future(GetMyOrgRequest())
        with pytest.raises(TokenEndpointError, match="token_timeout"):
            client.access_token()


async def test_the_async_client_fails_within_the_deadline_of_the_call(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        with pytest.raises(DeadlineExceeded, match="waited for a token") as raised:
            await client.management.GetMyOrg(GetMyOrgRequest(), timeout=SHORT)

    assert raised.value.rpc == "zitadel.management.v1.ManagementService/GetMyOrg"


def test_the_client_fails_within_the_deadline_of_the_call(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    with Client(emulator.url, key, options=options) as client:
        with pytest.raises(DeadlineExceeded, match="waited for a token"):
            client.management.GetMyOrg(GetMyOrgRequest(), timeout=SHORT)
        with pytest.raises(DeadlineExceeded, match="waited for a token"):
            client.management.GetMyOrg.future(GetMyOrgRequest(), timeout=SHORT)


async def test_the_default_deadline_is_the_clients(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options, timeout=SHORT) as client:
        with pytest.raises(DeadlineExceeded):
            await client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(TokenEndpointError, match="timeout"):
            await client.access_token()


async def test_a_channel_with_the_plugin_fails_within_the_token_timeout(
    emulator: Emulator, impatient: ConnectionOptions, key: JwtProfile
) -> None:
    async with secure_channel(emulator.url, key, options=impatient) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="token_timeout") as raised:
            await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest())

    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_channel_with_the_plugin_fails_within_the_deadline_of_the_call(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with secure_channel(emulator.url, key, options=options) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest(), timeout=SHORT)

    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_sync_channel_with_the_plugin_fails_within_the_deadline_of_the_call(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    plugin = ZitadelAuthPlugin(emulator.url, key, options=options)
    credentials = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(emulator.root_certificates), grpc.metadata_call_credentials(plugin)
    )
    channel = grpc.secure_channel(emulator.url.removeprefix("https://"), credentials)

    with channel, pytest.raises(grpc.RpcError) as raised:
        ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest(), timeout=SHORT)

    assert isinstance(raised.value, grpc.Call)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
