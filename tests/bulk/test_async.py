"""Asynchronous runs: outcomes, bounded concurrency, and how a run ends."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from tests.bulk.requests import (
    ADD,
    CountedRequests,
    Outcome,
    added_names,
    all_of,
    client_of,
    collect,
    later,
    user,
    users,
)
from tests.transport.counting import Traffic, until
from zitadel_grpc import AsyncClient, ConnectionOptions, bulk, secure_channel
from zitadel_grpc.api.management.v1 import (
    AddMachineUserRequest,
    AddMachineUserResponse,
    ManagementServiceStub,
)
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import AlreadyExists, ClosedError, CredentialsError
from zitadel_grpc.testing import Emulator


@pytest.fixture
async def client(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> AsyncIterator[AsyncClient]:
    async with client_of(emulator, options, key) as client:
        yield client


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_each_request_is_sent_once_and_has_its_response(
    emulator: Emulator, client: AsyncClient, asynchronous: bool
) -> None:
    requests = later(users(120)) if asynchronous else users(120)
    outcomes = await all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=20))

    assert sorted(outcome.index for outcome in outcomes) == list(range(120))
    assert all(outcome.request == user(outcome.index) for outcome in outcomes)
    assert len({outcome.response.user_id for outcome in outcomes}) == 120
    assert sorted(added_names(emulator)) == sorted(request.user_name for request in users(120))


async def test_no_requests_have_no_outcomes(client: AsyncClient) -> None:
    assert await all_of(bulk.run(client.management.AddMachineUser, [])) == []


async def test_outcomes_come_in_the_order_in_which_calls_end(client: AsyncClient) -> None:
    first_may_go = asyncio.Event()

    async def add(request: AddMachineUserRequest) -> AddMachineUserResponse:
        if request == user(0):
            await first_may_go.wait()
        return await client.management.AddMachineUser(request)

    indexes = []
    async for outcome in bulk.run(add, users(5), concurrency=2):
        indexes.append(outcome.index)
        if len(indexes) == 4:
            first_may_go.set()
    assert indexes == [1, 2, 3, 4, 0]


async def test_concurrency_limits_how_many_requests_are_read(client: AsyncClient) -> None:
    requests = CountedRequests()
    consumed = 0
    async with aclosing(bulk.run(client.management.AddMachineUser, requests, concurrency=7)) as outcomes:
        async for _ in outcomes:
            await asyncio.sleep(0.001)  # a slow loop
            assert requests.read - consumed <= 7
            consumed += 1
            if consumed == 100:
                break


async def test_a_failure_is_an_outcome_and_the_other_calls_continue(client: AsyncClient) -> None:
    requests = [user(0), user(1), user(0), user(2)]
    outcomes = await all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=1))

    assert [type(outcome.error).__name__ for outcome in outcomes] == [
        *("NoneType", "NoneType", "AlreadyExists", "NoneType")
    ]
    with pytest.raises(AlreadyExists) as caught:
        _ = outcomes[2].response
    assert caught.value is outcomes[2].error


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_error_of_the_iterable_is_raised_after_the_outcomes(
    emulator: Emulator, client: AsyncClient, asynchronous: bool
) -> None:
    def failing() -> Iterator[AddMachineUserRequest]:
        yield from users(10)
        raise LookupError("line 11 is not a user")

    received: list[Outcome] = []
    requests = later(failing()) if asynchronous else failing()
    with pytest.raises(LookupError, match="line 11"):
        await collect(received, bulk.run(client.management.AddMachineUser, requests, concurrency=4))
    assert len({outcome.response.user_id for outcome in received}) == len(added_names(emulator)) == 10


async def test_a_cancelled_iterable_does_not_end_the_run_silently(client: AsyncClient) -> None:
    async def cancelled() -> AsyncIterator[AddMachineUserRequest]:
        yield user(0)
        raise asyncio.CancelledError

    received: list[Outcome] = []
    with pytest.raises(asyncio.CancelledError):
        await collect(received, bulk.run(client.management.AddMachineUser, cancelled()))
    assert len(received) == 1


async def test_leaving_the_loop_cancels_the_calls_and_leaves_no_task(
    emulator: Emulator, client: AsyncClient
) -> None:
    await client.access_token()
    before = asyncio.all_tasks()
    first_is_received = asyncio.Event()
    started = CountedRequests()

    async def requests() -> AsyncIterator[AddMachineUserRequest]:
        yield user(0)
        await first_is_received.wait()
        emulator.faults.latency = 3600.0
        for request in started:
            yield request

    async for _ in bulk.run(client.management.AddMachineUser, requests(), concurrency=5):
        first_is_received.set()
        await until(lambda: started.read == 4)
        break
    await until(lambda: asyncio.all_tasks() <= before)


async def test_cancelling_the_run_cancels_the_calls_and_leaves_no_task(
    emulator: Emulator, client: AsyncClient
) -> None:
    await client.access_token()
    before = asyncio.all_tasks()
    emulator.faults.latency = 3600.0
    requests = CountedRequests()
    task = asyncio.create_task(all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=5)))
    await until(lambda: requests.read == 5)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: asyncio.all_tasks() <= before)


async def test_it_stops_after_a_number_of_failures_with_the_outcomes_of_calls_in_progress(
    emulator: Emulator, client: AsyncClient
) -> None:
    requests = iter([user(0)] * 100)
    outcomes: list[Outcome] = []
    run = bulk.run(client.management.AddMachineUser, requests, concurrency=2, stop_after_failures=3)
    with pytest.raises(bulk.TooManyFailures, match="stopped after 3 failures") as caught:
        await collect(outcomes, run)

    failures = [outcome.error for outcome in outcomes if outcome.error]
    assert len(failures) in (3, 4)
    assert caught.value.__cause__ is failures[2]
    assert len(list(requests)) == 100 - len(outcomes)


async def test_refused_credentials_end_the_run(emulator: Emulator, options: ConnectionOptions) -> None:
    unknown = JwtProfile.from_dict(emulator.key_file | {"keyId": "1"})
    requests = CountedRequests()
    async with client_of(emulator, options, unknown) as client:
        with pytest.raises(CredentialsError, match="invalid_grant"):
            await all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=3))
    assert requests.read == 3


async def test_refused_credentials_end_the_run_while_it_awaits_the_next_request(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    async def one_and_then_none() -> AsyncIterator[AddMachineUserRequest]:
        yield user(0)
        await asyncio.Event().wait()

    unknown = JwtProfile.from_dict(emulator.key_file | {"keyId": "1"})
    async with client_of(emulator, options, unknown) as client:
        with pytest.raises(CredentialsError):
            await all_of(bulk.run(client.management.AddMachineUser, one_and_then_none()))


async def test_closing_the_client_ends_the_run(emulator: Emulator, client: AsyncClient) -> None:
    await client.access_token()
    emulator.faults.latency = 3600.0
    requests = CountedRequests()
    task = asyncio.create_task(all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=3)))
    traffic = Traffic(emulator)
    await until(lambda: traffic.in_progress == 3)
    await client.close()
    with pytest.raises(ClosedError):
        await asyncio.wait_for(task, 10)


async def test_a_partial_sets_the_timeout(emulator: Emulator, client: AsyncClient) -> None:
    await client.access_token()
    emulator.faults.latency = 3600.0
    method = functools.partial(client.management.AddMachineUser, timeout=0.01)
    (outcome,) = await all_of(bulk.run(method, users(1)))
    assert outcome.error
    assert str(outcome.error).startswith("DEADLINE_EXCEEDED")
    assert ADD in str(outcome.error)


async def test_progress_reports_the_final_numbers(client: AsyncClient) -> None:
    received: list[bulk.Progress] = []
    requests = [*users(50), user(0)]
    start = time.monotonic()
    async for _ in bulk.run(client.management.AddMachineUser, requests, progress=received.append):
        pass
    four_a_second = 4 * (time.monotonic() - start)
    assert received[-1] == bulk.Progress(succeeded=50, failed=1, skipped=0, total=51)
    assert len(received) <= four_a_second + 2  # the first and the last
    assert [seen.succeeded for seen in received] == sorted(seen.succeeded for seen in received)


async def test_the_total_argument_is_for_iterables_without_a_length(client: AsyncClient) -> None:
    for total in (None, 3):
        received: list[bulk.Progress] = []
        requests = iter(users(3))
        async for _ in bulk.run(
            client.management.AddMachineUser, requests, progress=received.append, total=total
        ):
            pass
        assert received[-1].total == total


async def test_stubs_on_other_channels_work(emulator: Emulator, options: ConnectionOptions) -> None:
    pat = PersonalAccessToken(emulator.pat)
    async with secure_channel(emulator.url, pat, options=options) as channel:
        add: Any = ManagementServiceStub(channel).AddMachineUser
        outcomes = await all_of(bulk.run(add, [user(0), user(0)], concurrency=1))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), AlreadyExists]
    assert ADD in str(outcomes[1].error)
