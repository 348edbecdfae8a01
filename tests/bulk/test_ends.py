"""Exceptions that end a run, and methods that do not return responses."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.requests import added_names, user
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk
from zitadel_grpc.api.management.v1 import AddMachineUserRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import ConfigurationError
from zitadel_grpc.testing import Emulator


class Stop(BaseException):
    pass


ENDS = [SystemExit, KeyboardInterrupt, Stop, GeneratorExit]


def states(path: Path) -> bytes:
    return path.read_bytes().partition(b"\n")[2]


@pytest.mark.parametrize("end", [*ENDS, asyncio.CancelledError])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_exception_ends_a_sync_run(end: type[BaseException], concurrency: int, tmp_path: Path) -> None:
    def method(request: int) -> int:
        if request == 3:
            raise end
        return request

    received: list[int] = []
    with pytest.raises(end):
        received.extend(
            outcome.index
            for outcome in bulk.run(method, range(100), concurrency=concurrency, resume=tmp_path / "r")
        )
    noted = states(tmp_path / "r")
    assert noted[3:4] == b"?"
    assert noted.count(b"+") == len(noted) - 1
    assert len(noted) < 100


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("failing", [{3}, set(range(20))])
async def test_an_exception_ends_an_async_run(
    end: type[BaseException], failing: set[int], tmp_path: Path
) -> None:
    async def method(request: int) -> int:
        if request in failing:
            raise end
        return request

    async def consume() -> None:
        async for outcome in bulk.run(method, range(20), concurrency=4, resume=tmp_path / "r"):
            received.append(outcome.index)  # noqa: PERF401

    received: list[int] = []
    with pytest.raises(end):
        async with asyncio.timeout(10):
            await consume()
    noted = states(tmp_path / "r")
    assert noted[min(failing) : min(failing) + 1] == b"?"
    assert noted.count(b"+") == len(received)


class Asynchronous:
    async def __call__(self, request: int) -> int:
        return request


async def coroutine(request: int) -> int:
    return request


def generator(request: int) -> Iterator[int]:
    yield request


async def async_generator(request: int) -> AsyncIterator[int]:
    yield request


@pytest.mark.parametrize(
    "method",
    [
        Asynchronous(),
        lambda request: coroutine(request),
        generator,
        async_generator,
        lambda request: concurrent.futures.Future[int](),
    ],
)
def test_a_pending_result_is_not_a_response(method: Any, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConfigurationError, match=r"not a response\. Pass a method"):
            list(bulk.run(method, range(20), concurrency=2, resume=tmp_path / "r"))
    assert set(states(tmp_path / "r")) == {ord("?")}


@pytest.mark.parametrize("way", [coroutine, generator, async_generator])
async def test_a_pending_result_is_not_a_response_of_an_async_function(way: Any, tmp_path: Path) -> None:
    async def method(request: int) -> Any:
        return way(request)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConfigurationError, match=r"not a response\. Pass a method"):
            [outcome async for outcome in bulk.run(method, range(20), concurrency=2, resume=tmp_path / "r")]
    assert set(states(tmp_path / "r")) == {ord("?")}


def test_a_call_future_is_not_a_response(sync_client: Client) -> None:
    with pytest.raises(ConfigurationError, match=r"future returned CallFuture, not a response"):
        list(bulk.run(sync_client.management.AddMachineUser.future, [AddMachineUserRequest()]))


def test_slow_input_does_not_delay_the_first_outcome() -> None:
    read: list[int] = []

    def slow() -> Iterator[int]:
        for number in range(200):
            time.sleep(0.05)
            read.append(number)
            yield number

    run = bulk.run(lambda request: request, slow(), concurrency=50)
    next(run)
    run.close()
    assert len(read) < 10


def reused_message(count: int) -> Iterator[AddMachineUserRequest]:
    request = user(0)
    for number in range(count):
        request.user_name = f"user-{number}"
        yield request


def test_the_iterable_can_reuse_a_message_sync(emulator: Emulator, sync_client: Client) -> None:
    outcomes = list(bulk.run(sync_client.management.AddMachineUser, reused_message(20)))
    assert {outcome.index: outcome.request for outcome in outcomes} == {n: user(n) for n in range(20)}
    assert sorted(added_names(emulator)) == sorted(user(number).user_name for number in range(20))


async def test_the_iterable_can_reuse_a_message_async(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        outcomes = [o async for o in bulk.run(client.management.AddMachineUser, reused_message(20))]
    assert {outcome.index: outcome.request for outcome in outcomes} == {n: user(n) for n in range(20)}
    assert sorted(added_names(emulator)) == sorted(user(number).user_name for number in range(20))
