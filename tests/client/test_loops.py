"""One client in several event loops: each loop has its own channel, and all share the token."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from tests.transport.counting import Traffic, until
from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator


@pytest.fixture
def client(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> AsyncClient:
    """Created where no event loop runs."""
    return AsyncClient(emulator.url, key, options=options)


async def call(client: AsyncClient, times: int = 1) -> None:
    for _ in range(times):
        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.name == "ZITADEL"


def test_event_loops_one_after_the_other(
    client: AsyncClient, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    traffic = Traffic(emulator)

    for _ in range(5):
        asyncio.run(call(client, 2))
    asyncio.run(client.close())
    gc.collect()

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: 10}
    # gRPC's own warning, about a call that an earlier test cancelled, when its loop is closed.
    leftover = "PollerCompletionQueue._handle_events"
    assert [record for record in caplog.records if leftover not in record.getMessage()] == []


def test_two_event_loops_at_once(client: AsyncClient, emulator: Emulator) -> None:
    traffic = Traffic(emulator)
    start = threading.Barrier(2)

    async def in_turns() -> None:
        start.wait(10)
        await asyncio.gather(*(call(client, 20) for _ in range(5)))

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(asyncio.run, in_turns()) for _ in range(2)]:
            done.result()

    assert traffic.token_requests == 1
    assert traffic.codes == {grpc.StatusCode.OK: 200}


def test_a_call_outside_of_any_loop_is_refused(client: AsyncClient) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        client.management.GetMyOrg(GetMyOrgRequest())


def test_a_client_survives_a_loop_that_stops_during_a_call(client: AsyncClient, emulator: Emulator) -> None:
    emulator.faults.token_endpoint.delay = 0.3
    traffic = Traffic(emulator)

    async def leave() -> None:
        client.management.GetMyOrg(GetMyOrgRequest())
        await until(lambda: traffic.token_requests)

    asyncio.run(leave())
    asyncio.run(call(client))


def test_closing_in_one_loop_closes_in_the_other_too(client: AsyncClient, emulator: Emulator) -> None:
    emulator.faults.latency = 30
    in_progress = threading.Event()

    async def wait_for_the_end() -> list[BaseException | Any]:
        await client.access_token()
        waiting = asyncio.gather(*(call(client) for _ in range(3)), return_exceptions=True)
        await until(lambda: Traffic(emulator).in_progress == 3)
        in_progress.set()
        return await asyncio.wait_for(waiting, 20)

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(asyncio.run, wait_for_the_end())
        assert in_progress.wait(10)
        asyncio.run(client.close())
        outcomes = other.result()

    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}


def test_closing_after_a_loop_that_has_stopped_is_quiet(client: AsyncClient) -> None:
    stopped = asyncio.new_event_loop()
    stopped.run_until_complete(call(client))
    asyncio.run(client.close())
    stopped.close()
    gc.collect()


def test_a_client_in_every_kind_of_loop(client: AsyncClient) -> None:
    uvloop = pytest.importorskip("uvloop")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of uvloop, on newer Pythons
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(call(client, 3))
    asyncio.run(call(client))


def test_eager_tasks_make_no_difference(client: AsyncClient) -> None:
    eager = getattr(asyncio, "eager_task_factory", None)
    if eager is None:
        pytest.skip("Python 3.12 brought eager tasks")

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(eager)
        await asyncio.gather(*(call(client) for _ in range(10)))

    asyncio.run(main())
