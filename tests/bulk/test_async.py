"""`async for` over a run: what comes out of it, how much is under way, how it ends."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from tests.bulk.requests import ADD, Outcome, Reading, all_of, client_of, gather, later, made, user, users
from tests.transport.counting import until
from zitadel_grpc import AsyncClient, ConnectionOptions, bulk, secure_channel
from zitadel_grpc.api.management.v1 import (
    AddMachineUserRequest,
    AddMachineUserResponse,
    ManagementServiceStub,
)
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import AlreadyExists, ClosedError, ConfigurationError, CredentialsError
from zitadel_grpc.testing import Emulator


@pytest.fixture
async def client(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> AsyncIterator[AsyncClient]:
    async with client_of(emulator, options, key) as client:
        yield client


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_each_request_is_sent_once_and_comes_back_with_its_response(
    emulator: Emulator, client: AsyncClient, asynchronous: bool
) -> None:
    requests = later(users(120)) if asynchronous else users(120)
    outcomes = await all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=20))

    assert sorted(outcome.index for outcome in outcomes) == list(range(120))
    assert all(outcome.request == user(outcome.index) for outcome in outcomes)
    assert len({outcome.response.user_id for outcome in outcomes}) == 120
    assert sorted(made(emulator)) == sorted(request.user_name for request in users(120))


async def test_no_requests_give_no_outcomes(client: AsyncClient) -> None:
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


async def test_no_more_requests_are_read_than_may_be_under_way(client: AsyncClient) -> None:
    requests = Reading()
    consumed = 0
    async with aclosing(bulk.run(client.management.AddMachineUser, requests, concurrency=7)) as outcomes:
        async for _ in outcomes:
            await asyncio.sleep(0.001)  # the loop is what is slow
            assert requests.read - consumed <= 7
            consumed += 1
            if consumed == 100:
                break


async def test_a_failure_is_an_outcome_and_the_others_go_on(client: AsyncClient) -> None:
    requests = [user(0), user(1), user(0), user(2)]
    outcomes = await all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=1))

    assert [type(outcome.error).__name__ for outcome in outcomes] == [
        *("NoneType", "NoneType", "AlreadyExists", "NoneType")
    ]
    with pytest.raises(AlreadyExists) as caught:
        _ = outcomes[2].response
    assert caught.value is outcomes[2].error


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_iterable_that_fails_does_so_after_what_it_gave_is_told(
    emulator: Emulator, client: AsyncClient, asynchronous: bool
) -> None:
    def failing() -> Iterator[AddMachineUserRequest]:
        yield from users(10)
        raise LookupError("line 11 is no user")

    told: list[Outcome] = []
    requests = later(failing()) if asynchronous else failing()
    with pytest.raises(LookupError, match="line 11"):
        await gather(told, bulk.run(client.management.AddMachineUser, requests, concurrency=4))
    assert len({outcome.response.user_id for outcome in told}) == len(made(emulator)) == 10


async def test_an_iterable_that_was_cancelled_does_not_pass_for_one_that_ended(client: AsyncClient) -> None:
    async def cancelled() -> AsyncIterator[AddMachineUserRequest]:
        yield user(0)
        raise asyncio.CancelledError

    told: list[Outcome] = []
    with pytest.raises(asyncio.CancelledError):
        await gather(told, bulk.run(client.management.AddMachineUser, cancelled()))
    assert len(told) == 1


async def test_leaving_the_loop_ends_the_calls_and_leaves_no_task(
    emulator: Emulator, client: AsyncClient
) -> None:
    await client.access_token()
    before = asyncio.all_tasks()
    first_is_told = asyncio.Event()
    under_way = Reading()

    async def requests() -> AsyncIterator[AddMachineUserRequest]:
        yield user(0)
        await first_is_told.wait()
        emulator.faults.latency = 3600.0
        for request in under_way:
            yield request

    async for _ in bulk.run(client.management.AddMachineUser, requests(), concurrency=5):
        first_is_told.set()
        await until(lambda: under_way.read == 4)
        break
    await until(lambda: asyncio.all_tasks() <= before)


async def test_cancelling_ends_the_calls_and_leaves_no_task(emulator: Emulator, client: AsyncClient) -> None:
    await client.access_token()
    before = asyncio.all_tasks()
    emulator.faults.latency = 3600.0
    requests = Reading()
    task = asyncio.create_task(all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=5)))
    await until(lambda: requests.read == 5)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: asyncio.all_tasks() <= before)


async def test_it_stops_after_so_many_failures_and_tells_what_was_under_way(
    emulator: Emulator, client: AsyncClient
) -> None:
    requests = iter([user(0)] * 100)
    outcomes: list[Outcome] = []
    run = bulk.run(client.management.AddMachineUser, requests, concurrency=2, stop_after_failures=3)
    with pytest.raises(bulk.TooManyFailures, match="stopped after 3 failures") as caught:
        await gather(outcomes, run)

    failures = [outcome.error for outcome in outcomes if outcome.error]
    assert len(failures) in (3, 4)
    assert caught.value.__cause__ is failures[2]
    assert len(list(requests)) == 100 - len(outcomes)


async def test_refused_credentials_end_it(emulator: Emulator, options: ConnectionOptions) -> None:
    unknown = JwtProfile.from_dict(emulator.key_file | {"keyId": "1"})
    requests = Reading()
    async with client_of(emulator, options, unknown) as client:
        with pytest.raises(CredentialsError, match="invalid_grant"):
            await all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=3))
    assert requests.read == 3


async def test_credentials_refused_end_it_while_the_next_request_is_awaited(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    async def one_and_then_none() -> AsyncIterator[AddMachineUserRequest]:
        yield user(0)
        await asyncio.Event().wait()

    unknown = JwtProfile.from_dict(emulator.key_file | {"keyId": "1"})
    async with client_of(emulator, options, unknown) as client:
        with pytest.raises(CredentialsError):
            await all_of(bulk.run(client.management.AddMachineUser, one_and_then_none()))


async def test_closing_the_client_ends_it(emulator: Emulator, client: AsyncClient) -> None:
    await client.access_token()
    emulator.faults.latency = 3600.0
    requests = Reading()
    task = asyncio.create_task(all_of(bulk.run(client.management.AddMachineUser, requests, concurrency=3)))
    await until(lambda: requests.read == 3)
    await asyncio.sleep(0.05)
    await client.close()
    with pytest.raises(ClosedError):
        await asyncio.wait_for(task, 10)


async def test_a_deadline_can_be_given_with_the_method(emulator: Emulator, client: AsyncClient) -> None:
    await client.access_token()
    emulator.faults.latency = 3600.0
    method = functools.partial(client.management.AddMachineUser, timeout=0.01)
    (outcome,) = await all_of(bulk.run(method, users(1)))
    assert outcome.error
    assert str(outcome.error).startswith("DEADLINE_EXCEEDED")
    assert ADD in str(outcome.error)


def test_numbers_that_cannot_work_are_refused_at_once(client: AsyncClient) -> None:
    with pytest.raises(ConfigurationError, match="concurrency must be a positive whole number, not 0"):
        bulk.run(client.management.AddMachineUser, users(1), concurrency=0)
    for number in (0, -1):
        with pytest.raises(ConfigurationError, match=rf"stop_after_failures must be .*, not {number}"):
            bulk.run(client.management.AddMachineUser, users(1), stop_after_failures=number)


async def test_progress_tells_where_a_run_ends(client: AsyncClient) -> None:
    told: list[bulk.Progress] = []
    requests = [*users(50), user(0)]
    start = time.monotonic()
    async for _ in bulk.run(client.management.AddMachineUser, requests, progress=told.append):
        pass
    four_a_second = 4 * (time.monotonic() - start)
    assert told[-1] == bulk.Progress(done=50, failed=1, skipped=0, total=51)
    assert len(told) <= four_a_second + 2  # the first and the last
    assert [seen.done for seen in told] == sorted(seen.done for seen in told)


async def test_the_total_of_what_has_no_length_is_as_given(client: AsyncClient) -> None:
    for total in (None, 3):
        told: list[bulk.Progress] = []
        requests = iter(users(3))
        async for _ in bulk.run(
            client.management.AddMachineUser, requests, progress=told.append, total=total
        ):
            pass
        assert told[-1].total == total


async def test_stubs_on_other_channels_will_do(emulator: Emulator, options: ConnectionOptions) -> None:
    pat = PersonalAccessToken(emulator.pat)
    async with secure_channel(emulator.url, pat, options=options) as channel:
        add: Any = ManagementServiceStub(channel).AddMachineUser
        outcomes = await all_of(bulk.run(add, [user(0), user(0)], concurrency=1))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), AlreadyExists]
    assert ADD in str(outcomes[1].error)
