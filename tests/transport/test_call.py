"""The call object behaves like grpc.aio's own, with or without a valid token."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest

from tests.transport.counting import Traffic, until
from tests.transport.states import GET_MY_ORG, STATES, Call, Calling, calling
from zitadel_grpc.testing import Emulator


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def get_my_org(state: str, emulator: Emulator) -> AsyncIterator[Calling]:
    async with calling(state, emulator) as get_my_org:
        yield get_my_org


@pytest.fixture
def in_progress(emulator: Emulator, get_my_org: Calling) -> Iterator[Calling]:
    """Calls that do not end within a test: they wait for a token, or for the server."""
    emulator.faults.latency = 30
    emulator.faults.token_endpoint.delay = 30
    yield get_my_org
    emulator.faults.clear()


@pytest.fixture
def arrived(emulator: Emulator) -> Callable[[], object]:
    """Whether the emulator has what a test sent: a call, or the request for its token."""
    traffic = Traffic(emulator)
    return lambda: traffic.in_progress or traffic.token_requests


async def test_its_response_can_be_awaited_more_than_once(get_my_org: Calling) -> None:
    call = get_my_org()

    responses = await asyncio.gather(call, call)

    assert isinstance(call, grpc.aio.UnaryUnaryCall)
    assert responses[0] == responses[1] == await call
    assert responses[0].org.name == "ZITADEL"
    assert call.done()
    assert not call.cancelled()
    assert not call.cancel()


async def test_its_status_can_be_read_without_awaiting_it_first(get_my_org: Calling) -> None:
    call = get_my_org()

    assert await call.code() is grpc.StatusCode.OK
    assert await call.details() == ""
    assert isinstance(await call.initial_metadata(), grpc.aio.Metadata)
    assert isinstance(await call.trailing_metadata(), grpc.aio.Metadata)
    assert call.done()
    assert (await call).org.name == "ZITADEL"


async def test_its_connection_can_be_waited_for(get_my_org: Calling) -> None:
    call = get_my_org()

    await call.wait_for_connection()

    assert (await call).org.name == "ZITADEL"


async def test_a_failure_is_reported_by_the_error_and_by_the_call(
    get_my_org: Calling, emulator: Emulator
) -> None:
    emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.NOT_FOUND, details="nowhere")
    call: Any = get_my_org()

    assert await call.code() is grpc.StatusCode.NOT_FOUND
    assert await call.details() == "nowhere"
    assert "nowhere" in await call.debug_error_string()
    for _ in range(2):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND
        assert raised.value.details() == "nowhere"
    with pytest.raises(grpc.aio.AioRpcError):
        await call.wait_for_connection()
    assert call.done()
    assert not call.cancelled()


async def test_a_cancellation_by_the_server_counts_as_cancelled(
    get_my_org: Calling, emulator: Emulator
) -> None:
    emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.CANCELLED, details="by the server")
    call = get_my_org()

    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call

    assert raised.value.code() is grpc.StatusCode.CANCELLED
    assert call.cancelled()


@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "after it was sent"])
async def test_it_can_be_cancelled_while_it_is_in_progress(
    in_progress: Calling, arrived: Callable[[], object], sent: bool
) -> None:
    call = in_progress()
    if sent:
        await until(arrived)

    assert not call.done()
    assert call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    assert call.done()
    assert call.cancelled()
    assert not call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED
    assert await call.details()
    assert list(await call.initial_metadata()) == []
    assert list(await call.trailing_metadata()) == []
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_sent_request_is_cancelled_even_if_a_callback_waits_for_its_end(
    get_my_org: Calling, emulator: Emulator
) -> None:
    emulator.faults.latency = 0.5
    traffic = Traffic(emulator)
    call = get_my_org()
    call.add_done_callback(lambda _: None)
    assert call.cancel()
    await get_my_org()  # takes as long, and started later
    assert set(traffic.codes.values()) == {1}  # only the second: one OK, after a refusal of its token or not


async def test_it_is_cancelled_with_the_task_that_awaits_it(
    in_progress: Calling, arrived: Callable[[], object]
) -> None:
    call = in_progress()

    async def awaiting() -> None:
        await call

    task = asyncio.create_task(awaiting())
    await until(arrived)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert call.cancelled()


async def test_it_is_cancelled_when_wait_for_times_out(in_progress: Calling) -> None:
    call = in_progress()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call, 0.2)

    assert call.cancelled()


async def test_it_is_not_cancelled_with_a_task_that_awaits_its_code(
    in_progress: Calling, arrived: Callable[[], object]
) -> None:
    call = in_progress()
    reading = asyncio.create_task(call.code())
    await until(arrived)
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not call.done()
    assert call.cancel()


async def test_its_deadline_counts_from_the_call(in_progress: Calling, emulator: Emulator) -> None:
    call = in_progress(timeout=0.3)

    assert 0 < (call.time_remaining() or 0) <= 0.3
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call

    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert call.time_remaining() == 0
    assert call.done()
    assert not call.cancelled()


@pytest.mark.parametrize("seconds", [0, -1, 1e-9])
async def test_a_deadline_in_the_past_is_exceeded(in_progress: Calling, seconds: float) -> None:
    call = in_progress(timeout=seconds)

    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call

    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("added", ["before its end", "after its end"])
@pytest.mark.parametrize("end", ["success", "failure", "cancellation"])
async def test_a_done_callback_is_called_once_with_the_call_at_its_end(
    get_my_org: Calling, emulator: Emulator, added: str, end: str
) -> None:
    if end == "failure":
        emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.NOT_FOUND)
    seen: list[tuple[Call, bool, bool]] = []
    call = get_my_org()

    def callback(ended: Any) -> None:
        seen.append((ended, ended.done(), ended.cancelled()))

    if added == "before its end":
        call.add_done_callback(callback)
    if end == "cancellation":
        call.cancel()
    (outcome,) = await asyncio.gather(call, return_exceptions=True)
    if added == "after its end":
        call.add_done_callback(callback)
    await until(lambda: seen)

    kinds = {"success": tuple, "failure": grpc.aio.AioRpcError, "cancellation": asyncio.CancelledError}
    assert isinstance(outcome, kinds[end]) is (end != "success")
    assert seen == [(call, True, end == "cancellation")]


@pytest.mark.parametrize("code", [grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND])
async def test_a_call_that_nobody_awaits_logs_nothing(
    get_my_org: Calling, emulator: Emulator, code: grpc.StatusCode, caplog: pytest.LogCaptureFixture
) -> None:
    if code is not grpc.StatusCode.OK:
        emulator.faults.fail_next(GET_MY_ORG, code)
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    traffic = Traffic(emulator)

    get_my_org()
    await until(lambda: traffic.calls)
    await get_my_org()  # its response comes over the same connection, after the other one
    gc.collect()

    assert complaints == []
    assert caplog.records == []


async def test_calls_that_are_dropped_when_cancelled_leave_nothing_behind(
    in_progress: Calling, caplog: pytest.LogCaptureFixture
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    for _ in range(10):
        in_progress().cancel()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    gc.collect()

    assert complaints == []
    assert caplog.records == []
