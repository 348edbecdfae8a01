"""Closing a client ends its waits for a token, and only its own."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import grpc
import pytest

from tests.credentials.caches import wait_until
from tests.transport.counting import Traffic, until
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken, JwtProfile
from zitadel_grpc.errors import ClosedError
from zitadel_grpc.testing import Emulator

SOON = 10.0  # seconds; the token_timeout of these tests is longer
REQUEST = GetMyOrgRequest()
SYNC: dict[str, Callable[[Client], object]] = {
    "call": lambda client: client.management.GetMyOrg(REQUEST),
    "with_call": lambda client: client.management.GetMyOrg.with_call(REQUEST),
    "future": lambda client: client.management.GetMyOrg.future(REQUEST),
    "view": lambda client: client.with_org("1").management.GetMyOrg(REQUEST),
    "view of a view": lambda client: (
        client.with_org("1").with_retries("none").management.GetMyOrg.future(REQUEST)
    ),
    "access_token": lambda client: client.access_token(),
    "access_token of a view": lambda client: client.with_retries("all").access_token(),
}


@pytest.fixture
def options(options: ConnectionOptions) -> ConnectionOptions:
    return dataclasses.replace(options, token_timeout=3 * SOON)


@pytest.fixture
def silent(emulator: Emulator) -> Emulator:
    emulator.faults.token_endpoint.silent = True
    return emulator


async def test_close_ends_async_waits_at_once(
    silent: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(silent)
    client = AsyncClient(silent.url, key, options=options)
    view = client.with_org("1")
    call = client.management.GetMyOrg(REQUEST)
    done: list[object] = []
    call.add_done_callback(done.append)

    waiting = asyncio.gather(
        call,
        view.management.GetMyOrg(REQUEST),
        view.with_retries("none").access_token(),
        client.access_token(),
        return_exceptions=True,
    )
    await until(lambda: traffic.token_requests)
    await client.close(grace=600)
    outcomes = await asyncio.wait_for(waiting, SOON)

    assert [type(outcome) for outcome in outcomes] == [ClosedError] * 4
    assert await call.code() is grpc.StatusCode.CANCELLED
    assert done == [call]


@pytest.mark.parametrize("name", SYNC)
def test_close_ends_sync_waits_at_once(
    silent: Emulator, options: ConnectionOptions, key: JwtProfile, name: str
) -> None:
    traffic = Traffic(silent)
    client = Client(silent.url, key, options=options)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(SYNC[name], client)
        wait_until(lambda: traffic.token_requests > 0)
        client.close()
        with pytest.raises(ClosedError):
            waiting.result(SOON)


def test_close_does_not_end_the_waits_of_other_clients(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    entered, release = threading.Event(), threading.Event()

    def function() -> str:
        entered.set()
        release.wait(30)
        return emulator.pat

    credentials = AccessToken(function)
    closing = Client(emulator.url, credentials, options=options)
    with Client(emulator.url, credentials, options=options) as staying, ThreadPoolExecutor(2) as threads:
        ends = threads.submit(closing.management.GetMyOrg, REQUEST)
        goes_on = threads.submit(staying.management.GetMyOrg, REQUEST)
        assert entered.wait(10)
        closing.close()
        with pytest.raises(ClosedError):
            ends.result(SOON)
        assert not goes_on.done()
        release.set()
        assert goes_on.result(SOON).org.name == "ZITADEL"


async def test_close_ends_waits_in_another_event_loop(
    silent: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    client = AsyncClient(silent.url, key, options=options)
    ended: Future[object] = Future()

    async def call() -> None:
        (outcome,) = await asyncio.gather(client.management.GetMyOrg(REQUEST), return_exceptions=True)
        ended.set_result(outcome)

    traffic = Traffic(silent)
    thread = threading.Thread(target=asyncio.run, args=(call(),))
    thread.start()
    await until(lambda: traffic.token_requests)
    await client.close()
    assert isinstance(await asyncio.wait_for(asyncio.wrap_future(ended), SOON), ClosedError)
    await asyncio.to_thread(thread.join)


async def test_a_closed_client_does_not_start_to_wait(
    silent: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    client = AsyncClient(silent.url, key, options=options)
    await client.close()
    with pytest.raises(ClosedError):
        await asyncio.wait_for(client.access_token(), SOON)
