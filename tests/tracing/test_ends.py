"""A span ends with its call, however the call ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
import pytest
from opentelemetry.trace import StatusCode

from tests.tracing.spans import Spans, attributes
from tests.transport.counting import Traffic, until
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ClosedError, CredentialsError
from zitadel_grpc.testing import Emulator

REQUEST = GetMyOrgRequest()
waiting = pytest.mark.parametrize("for_what", ["a response", "a token"])


@pytest.fixture
def credentials(for_what: str, emulator: Emulator, key: JwtProfile) -> PersonalAccessToken | JwtProfile:
    """Credentials whose token takes long."""
    emulator.faults.latency = 30
    emulator.faults.token_endpoint.silent = True
    return PersonalAccessToken(emulator.pat) if for_what == "a response" else key


@pytest.fixture
def arrived(emulator: Emulator) -> Callable[[], object]:
    """Whether the emulator has what a test sent: the call, or the request for its token."""
    traffic = Traffic(emulator)
    return lambda: traffic.in_progress or traffic.token_requests


def was_cancelled(spans: Spans) -> None:
    call = spans.one(GET_MY_ORG)
    assert call.status.status_code is StatusCode.ERROR
    assert attributes(call)["rpc.response.status_code"] == attributes(call)["error.type"] == "CANCELLED"


async def test_a_call_that_nobody_awaits_has_a_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        call = client.management.GetMyOrg(REQUEST)
        await until(call.done)

    assert attributes(spans.one(GET_MY_ORG))["rpc.response.status_code"] == "OK"


@waiting
async def test_a_cancelled_call_ends_its_span(
    spans: Spans,
    emulator: Emulator,
    options: ConnectionOptions,
    credentials: PersonalAccessToken | JwtProfile,
    arrived: Callable[[], object],
) -> None:
    async with AsyncClient(emulator.url, credentials, options=options) as client:
        call = client.management.GetMyOrg(REQUEST)
        await until(arrived)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    was_cancelled(spans)


@waiting
async def test_a_call_that_is_cancelled_at_once_ends_its_span(
    spans: Spans,
    emulator: Emulator,
    options: ConnectionOptions,
    credentials: PersonalAccessToken | JwtProfile,
    arrived: Callable[[], object],
) -> None:
    async with AsyncClient(emulator.url, credentials, options=options) as client:
        call = client.management.GetMyOrg(REQUEST)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(
            lambda: asyncio.all_tasks() == {asyncio.current_task()}
        )  # gRPC does not continue it either

    was_cancelled(spans)


@waiting
async def test_a_call_whose_awaiter_is_cancelled_ends_its_span(
    spans: Spans,
    emulator: Emulator,
    options: ConnectionOptions,
    credentials: PersonalAccessToken | JwtProfile,
    arrived: Callable[[], object],
) -> None:
    async with AsyncClient(emulator.url, credentials, options=options) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.management.GetMyOrg(REQUEST), 0.2)

    was_cancelled(spans)


@waiting
async def test_a_call_whose_client_is_closed_ends_its_span(
    spans: Spans,
    emulator: Emulator,
    options: ConnectionOptions,
    credentials: PersonalAccessToken | JwtProfile,
    arrived: Callable[[], object],
) -> None:
    client = AsyncClient(emulator.url, credentials, options=options)
    call = client.management.GetMyOrg(REQUEST)
    await until(arrived)
    await client.close()
    waits_for_token = isinstance(credentials, JwtProfile)
    with pytest.raises(ClosedError if waits_for_token else asyncio.CancelledError):
        await call
    await asyncio.sleep(0)

    if waits_for_token:
        assert str(attributes(spans.one(GET_MY_ORG))["error.type"]).endswith("ClosedError")
    else:
        was_cancelled(spans)


@waiting
def test_a_call_whose_event_loop_ends_ends_its_span(
    spans: Spans,
    emulator: Emulator,
    options: ConnectionOptions,
    credentials: PersonalAccessToken | JwtProfile,
    arrived: Callable[[], object],
) -> None:
    async def leave() -> None:
        client.management.GetMyOrg(REQUEST)
        await until(arrived)

    client = AsyncClient(emulator.url, credentials, options=options)
    asyncio.run(leave())

    was_cancelled(spans)


async def test_a_call_on_a_closed_client_leaves_no_open_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    client = AsyncClient(emulator.url, key, options=options)
    await client.close()
    with pytest.raises(ClosedError):
        await client.management.GetMyOrg(REQUEST)

    spans.ended(0)


def test_a_cancelled_future_ends_its_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    emulator.faults.latency = 30
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        future = client.management.GetMyOrg.future(REQUEST)
        assert future.cancel()

    was_cancelled(spans)


def test_a_future_whose_client_is_closed_ends_its_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    emulator.faults.latency = 30
    client = Client(emulator.url, PersonalAccessToken(emulator.pat), options=options)
    future = client.management.GetMyOrg.future(REQUEST)
    client.close()

    assert future.code() is grpc.StatusCode.CANCELLED
    was_cancelled(spans)


@pytest.mark.parametrize("way", ["__call__", "with_call", "future"])
def test_a_synchronous_call_that_cannot_be_sent_ends_its_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, way: str
) -> None:
    def function() -> str:
        raise LookupError

    with (
        Client(emulator.url, AccessToken(function), options=options) as client,
        pytest.raises(CredentialsError),
    ):
        getattr(client.management.GetMyOrg, way)(REQUEST)

    assert str(attributes(spans.one(GET_MY_ORG))["error.type"]).endswith("CredentialsError")
