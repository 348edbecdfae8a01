"""Failures of the token endpoint are cached briefly. A refused token is replaced once."""

from __future__ import annotations

import concurrent.futures
import itertools
import threading

import pytest

from tests.credentials.caches import cache_of, token, wait_until
from tests.credentials.policies import ChangePolicy
from tests.credentials.servers import Exchange, Serve, issue_tokens
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import AccessToken, ClientCredentials, JwtProfile, PersonalAccessToken, Token
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.errors import CredentialsError, TokenEndpointError, ZitadelError
from zitadel_grpc.testing import Emulator

KeyData = dict[str, str]


def fail_often(cache: TokenCache, kind: type[Exception], *, times: int = 1000) -> None:
    for _ in range(times):
        with pytest.raises(kind):
            token(cache)


def test_a_thousand_calls_with_a_broken_key_make_a_handful_of_requests(
    emulator: Emulator, options: ConnectionOptions, unknown_key: KeyData
) -> None:
    fail_often(cache_of(JwtProfile.from_dict(unknown_key), emulator.url, options), CredentialsError)
    assert 1 <= emulator.token_requests <= 5


def test_a_thousand_calls_at_once_with_a_wrong_secret_make_a_handful_of_requests(
    serve: Serve, trusting: ConnectionOptions
) -> None:
    server = serve(lambda exchange: exchange.respond(401, {"error": "invalid_client"}))
    cache = cache_of(ClientCredentials("a-user", "a-secret"), server.url, trusting)
    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        for failed in [threads.submit(fail_often, cache, CredentialsError, times=50) for _ in range(20)]:
            failed.result(30)
    assert 1 <= len(server.requests) <= 5


def test_a_thousand_calls_to_an_unreachable_server_make_a_handful_of_requests(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(lambda exchange: exchange.respond(404))
    fail_often(cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting), TokenEndpointError)
    assert 1 <= len(server.requests) <= 5


@pytest.mark.parametrize(
    ("status", "body"), [(400, {"error": "unauthorized_client"}), (404, {}), (429, {}), (500, {})]
)
def test_after_the_hold_a_server_that_works_again_is_used(
    short_holds: None,
    serve: Serve,
    trusting: ConnectionOptions,
    unknown_key: KeyData,
    status: int,
    body: dict[str, str],
) -> None:
    repaired = threading.Event()
    right = issue_tokens()

    def respond(exchange: Exchange) -> None:
        if repaired.is_set():
            right(exchange)
        else:
            exchange.respond(status, body, retry_after="0")

    cache = cache_of(JwtProfile.from_dict(unknown_key), serve(respond).url, trusting)
    fail_often(cache, ZitadelError, times=3)
    repaired.set()
    wait_until(lambda: cache.refresh().exception(20) is None)
    assert token(cache) == "token-1"


def test_a_retry_after_is_respected(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData, short_holds: None
) -> None:
    asks_to_wait = serve(lambda exchange: exchange.respond(429, retry_after="60"))
    asks_nothing = serve(lambda exchange: exchange.respond(429))
    waiting, usual = (
        cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting)
        for server in (asks_to_wait, asks_nothing)
    )
    fail_often(waiting, TokenEndpointError, times=3)
    fail_often(usual, TokenEndpointError, times=1)
    first = len(asks_nothing.requests)
    while len(asks_nothing.requests) == first:  # until the default hold has passed
        fail_often(usual, TokenEndpointError, times=1)
    fail_often(waiting, TokenEndpointError, times=3)
    assert len(asks_to_wait.requests) == 1


def test_the_cache_recovers_from_an_outage_of_any_length(change_policy: ChangePolicy) -> None:
    change_policy(refusal_hold=0.0, request_interval=0.0)
    calls = itertools.count(1)

    def function() -> str:
        if next(calls) <= 1100:
            raise CredentialsError("still broken")
        return "a-token"

    cache = cache_of(AccessToken(function))
    fail_often(cache, CredentialsError, times=1100)
    assert token(cache) == "a-token"


def numbered() -> AccessToken:
    numbers = itertools.count(1)
    return AccessToken(lambda: Token(f"token-{next(numbers)}", 3600))


def test_a_refused_token_is_replaced() -> None:
    cache = cache_of(numbered())
    assert token(cache) == "token-1"
    assert cache.refused("Bearer token-1")
    assert cache.authorization() is None
    assert token(cache) == "token-2"


def test_a_hundred_refusals_of_one_token_make_one_request() -> None:
    cache = cache_of(numbered())
    refused = f"Bearer {token(cache)}"
    with concurrent.futures.ThreadPoolExecutor(20) as threads:

        def call(_: int) -> str:
            assert cache.refused(refused)
            return token(cache)

        assert set(threads.map(call, range(100))) == {"token-2"}


def test_a_late_refusal_of_an_older_token_keeps_the_new_one() -> None:
    cache = cache_of(numbered())
    token(cache)
    cache.refused("Bearer token-1")
    token(cache)
    assert cache.refused("Bearer token-1"), "the newer one may be tried"
    assert cache.authorization() == "Bearer token-2"


def test_a_refused_successor_is_not_replaced_at_every_call() -> None:
    cache = cache_of(numbered())
    token(cache)
    cache.refused("Bearer token-1")
    token(cache)
    for _ in range(100):
        assert not cache.refused("Bearer token-2")
        assert token(cache) == "token-2"


def test_a_refused_successor_is_replaced_later(short_holds: None) -> None:
    cache = cache_of(numbered())
    token(cache)
    cache.refused("Bearer token-1")
    token(cache)
    wait_until(lambda: cache.refused("Bearer token-2"))
    assert token(cache) == "token-3"


def test_an_accepted_successor_is_replaced_when_it_is_refused_later() -> None:
    cache = cache_of(numbered())
    token(cache)
    cache.refused("Bearer token-1")
    cache.accepted(f"Bearer {token(cache)}")
    assert cache.refused("Bearer token-2")
    assert token(cache) == "token-3"


def test_static_tokens_have_no_successor() -> None:
    for credentials in (PersonalAccessToken("a-token"), AccessToken("a-token")):
        cache = cache_of(credentials)
        assert not cache.refused("Bearer a-token")
        assert token(cache) == "a-token"
