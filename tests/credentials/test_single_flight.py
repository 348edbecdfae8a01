"""Concurrent callers share one token request, from any thread or loop, even if some are cancelled."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import itertools
import threading

import pytest

from tests.credentials.caches import cache_of, token, token_async, wait_until
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.credentials import AccessToken, JwtProfile, Token
from zitadel_grpc.errors import CredentialsError, TokenEndpointError
from zitadel_grpc.testing import Emulator


class Gated:
    """A function for an AccessToken. It returns token-1, token-2, … when the test releases it."""

    def __init__(self) -> None:
        self.called = 0
        self.gate = threading.Event()

    def __call__(self) -> Token:
        self.called += 1
        number = self.called
        assert self.gate.wait(10)
        return Token(f"token-{number}", 3600)


@pytest.fixture
def gated() -> Gated:
    return Gated()


async def test_a_thousand_waiters_share_one_request(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    cache = cache_of(key, emulator.url, options)
    tokens = await asyncio.gather(*(token_async(cache) for _ in range(1000)))
    assert len(set(tokens)) == 1
    assert emulator.token_requests == 1


def test_eight_threads_share_one_request(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.token_endpoint.delay = 0.1
    cache = cache_of(key, emulator.url, options)
    together = threading.Barrier(8)

    def ask() -> str:
        together.wait(10)
        return token(cache)

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        tokens = {asked.result(10) for asked in [threads.submit(ask) for _ in range(8)]}
    assert len(tokens) == 1
    assert emulator.token_requests == 1


def test_two_event_loops_share_one_request(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.token_endpoint.delay = 0.1
    cache = cache_of(key, emulator.url, options)
    together = threading.Barrier(2)

    async def ask_often() -> set[str]:
        return set(await asyncio.gather(*(token_async(cache) for _ in range(100))))

    def run() -> set[str]:
        together.wait(10)
        return asyncio.run(ask_often())

    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        first, second = [asked.result(10) for asked in [threads.submit(run) for _ in range(2)]]
    assert first == second
    assert len(first) == 1
    assert emulator.token_requests == 1


async def test_clients_that_share_credentials_share_the_token(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    other_channel = dataclasses.replace(options, channel_options=[("grpc.max_send_message_length", 1)])
    async with AsyncClient(emulator.url, key, options=options) as client:
        with Client(emulator.url + "/", key, options=other_channel, timeout=5) as twin:
            assert await client.access_token() == await asyncio.to_thread(twin.access_token)
    assert emulator.token_requests == 1


def test_each_server_has_its_own_token() -> None:
    numbers = itertools.count(1)
    credentials = AccessToken(lambda: f"token-{next(numbers)}")
    assert token(cache_of(credentials, "https://one.example")) == "token-1"
    assert token(cache_of(credentials, "https://two.example")) == "token-2"
    assert token(cache_of(credentials, "one.example:443/")) == "token-1"


async def test_a_cancelled_waiter_does_not_affect_the_others(gated: Gated) -> None:
    cache = cache_of(AccessToken(gated))
    waiters = [asyncio.create_task(token_async(cache)) for _ in range(10)]
    await asyncio.sleep(0)
    for waiter in waiters[:9]:
        waiter.cancel()
    gated.gate.set()
    assert await waiters[9] == "token-1"
    assert all(waiter.cancelled() for waiter in waiters[:9])
    assert await token_async(cache) == "token-1"
    assert gated.called == 1


async def test_if_all_waiters_are_cancelled_the_next_caller_gets_the_token(gated: Gated) -> None:
    cache = cache_of(AccessToken(gated))
    waiter = asyncio.create_task(token_async(cache))
    await asyncio.sleep(0)
    waiter.cancel()
    gated.gate.set()
    await asyncio.to_thread(wait_until, lambda: cache.authorization() is not None)
    assert gated.called == 1


async def test_a_waiter_that_times_out_does_not_affect_the_others(gated: Gated) -> None:
    cache = cache_of(AccessToken(gated))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await token_async(cache)
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(cache.wait, 0.01)
    gated.gate.set()
    assert await token_async(cache) == "token-1"
    assert gated.called == 1


def test_the_shared_future_cannot_be_cancelled(gated: Gated) -> None:
    cache = cache_of(AccessToken(gated))
    assert not cache.refresh().cancel()
    gated.gate.set()
    assert cache.wait(10) == "Bearer token-1"


def test_closing_a_loop_during_a_refresh_leaves_the_cache_usable(
    gated: Gated, caplog: pytest.LogCaptureFixture
) -> None:
    cache = cache_of(AccessToken(gated))
    loop = asyncio.new_event_loop()
    waiter = loop.create_task(token_async(cache))
    loop.run_until_complete(asyncio.sleep(0))
    wait_until(lambda: gated.called == 1)
    loop.close()
    gated.gate.set()
    assert token(cache) == "token-1"
    assert asyncio.run(token_async(cache)) == "token-1"
    assert not waiter.done()
    assert not caplog.records, "a closed loop needs no wake-up, so nothing is logged"


def test_every_waiter_gets_its_own_exception() -> None:
    def function() -> str:
        raise CredentialsError("no such user", error="invalid_client")

    cache = cache_of(AccessToken(function))

    async def ask_often() -> list[BaseException | str]:
        return await asyncio.gather(*(token_async(cache) for _ in range(10)), return_exceptions=True)

    failures = asyncio.run(ask_often())
    assert len({id(failure) for failure in failures}) == 10
    for failure in failures:
        assert isinstance(failure, CredentialsError)
        assert (str(failure), failure.error) == ("no such user", "invalid_client")
        assert failure.__context__ is None


def test_an_exception_with_a_custom_constructor_reaches_the_waiters() -> None:
    class Denied(TokenEndpointError):
        def __init__(self, *, who: str) -> None:
            super().__init__(f"{who} is denied", retryable=False)
            self.who = who

    def function() -> str:
        raise Denied(who="somebody")

    with pytest.raises(Denied, match="somebody is denied") as denied:
        token(cache_of(AccessToken(function)))
    assert denied.value.who == "somebody"


def test_a_thread_that_cannot_start_is_reported_and_the_cache_stays_usable(short_holds: None) -> None:
    cache = cache_of(AccessToken(lambda: "a-token"))
    usual = threading.stack_size(1 << 46)  # more than there is
    try:
        with pytest.raises(TokenEndpointError, match="cannot start a thread for the token request"):
            cache.wait(10)
    finally:
        threading.stack_size(usual)
    wait_until(lambda: cache.refresh().exception(10) is None)
    assert token(cache) == "a-token"
