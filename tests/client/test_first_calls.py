"""Any number of first calls make one request to the token endpoint."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from tests.transport.counting import Traffic
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, ZitadelAuthPlugin, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ManagementServiceStub
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

CALLS = 1000
THREADS = 8


@pytest.fixture(autouse=True)
def slow_token_endpoint(emulator: Emulator) -> None:
    """Slow enough that all calls start while the first one waits for its token."""
    emulator.faults.token_endpoint.delay = 0.5


async def call_at_once(stub: Any, calls: int) -> list[str]:
    responses = await asyncio.gather(*(stub.GetMyOrg(GetMyOrgRequest()) for _ in range(calls)))
    return [response.org.name for response in responses]


def in_threads(work: Callable[[], object]) -> None:
    """Calls `work` CALLS times, in THREADS threads that start together."""
    start = threading.Barrier(THREADS)

    def share() -> None:
        start.wait(10)
        for _ in range(CALLS // THREADS):
            work()

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(share) for _ in range(THREADS)]:
            done.result()


async def test_of_the_async_client(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> None:
    traffic = Traffic(emulator)

    async with AsyncClient(emulator.url, key, options=options) as client:
        names = await call_at_once(client.stub(ManagementServiceStub), CALLS)

    assert names == ["ZITADEL"] * CALLS
    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: CALLS}


def test_of_the_client_in_8_threads(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> None:
    traffic = Traffic(emulator)

    with Client(emulator.url, key, options=options) as client:
        in_threads(lambda: client.management.GetMyOrg(GetMyOrgRequest()))

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: CALLS}


async def test_of_secure_channel(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> None:
    traffic = Traffic(emulator)

    async with secure_channel(emulator.url, key, options=options) as channel:
        await call_at_once(ManagementServiceStub(channel), CALLS)

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: CALLS}


def test_of_the_plugin_on_a_sync_channel_in_8_threads(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)
    plugin = ZitadelAuthPlugin(emulator.url, key, options=options)
    credentials = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(emulator.root_certificates), grpc.metadata_call_credentials(plugin)
    )

    with grpc.secure_channel(emulator.url.removeprefix("https://"), credentials) as channel:
        stub = ManagementServiceStub(channel)
        in_threads(lambda: stub.GetMyOrg(GetMyOrgRequest()))

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: CALLS}


def test_of_two_event_loops_and_a_thread_that_share_credentials(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)
    start = threading.Barrier(3)

    async def in_a_loop() -> None:
        async with AsyncClient(emulator.url, key, options=options) as client:
            start.wait(10)
            await call_at_once(client.stub(ManagementServiceStub), CALLS // 2)

    def in_a_thread() -> None:
        with Client(emulator.url, key, options=options) as client:
            start.wait(10)
            client.management.GetMyOrg(GetMyOrgRequest())

    with ThreadPoolExecutor(3) as threads:
        loops = [threads.submit(asyncio.run, in_a_loop()) for _ in range(2)]
        for done in [*loops, threads.submit(in_a_thread)]:
            done.result()

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: CALLS + 1}


def test_of_plugin_channels_in_two_event_loops_that_share_credentials(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)
    start = threading.Barrier(2)

    async def in_a_loop() -> None:
        async with secure_channel(emulator.url, key, options=options) as channel:
            start.wait(10)
            await call_at_once(ManagementServiceStub(channel), CALLS // 2)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(asyncio.run, in_a_loop()) for _ in range(2)]:
            done.result()

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: CALLS}
