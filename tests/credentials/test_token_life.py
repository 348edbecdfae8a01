"""The lifetime of a token: used while FRESH, renewed while STALE, not used when INVALID."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import logging
import re
import threading
import time
from pathlib import Path

import pytest

from tests.credentials.caches import cache_of, token, wait_until
from tests.credentials.policies import ChangePolicy
from tests.credentials.servers import Exchange, Serve, issue_tokens, token_response
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import AccessToken, JwtProfile, Token
from zitadel_grpc.credentials._cached_token import CachedToken, TokenState
from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.errors import CredentialsError, TokenEndpointError

KeyData = dict[str, str]


@pytest.fixture
def early_stale(change_policy: ChangePolicy) -> None:
    """Tokens turn STALE almost at once, and failed renewals are retried soon."""
    change_policy(stale_share=(0.002, 0.002), renewal_backoff_limit=0.2, refusal_hold=0.2)


@pytest.mark.parametrize("seconds", [0.5, 1.0, 10.0, 43199.0])
def test_a_token_is_fresh_then_stale_then_invalid(seconds: float) -> None:
    cached = [CachedToken(Token("a-token", seconds), 1000.0, 1000.0, RefreshPolicy()) for _ in range(50)]
    for one in cached:
        assert one.state(1000.0 + 0.74 * seconds) is TokenState.FRESH
        assert one.state(1000.0 + 0.86 * seconds) is TokenState.STALE
        assert one.state(1000.0 + 0.94 * seconds) is TokenState.STALE
        assert one.state(1000.0 + seconds) is TokenState.INVALID
        assert seconds - 10.0 <= one.invalid_at - 1000.0 < seconds, "a call sent at the end must still arrive"
    assert len({one.stale_at for one in cached}) > 1, "processes that started together do not renew together"


def test_a_token_without_expiry_stays_fresh() -> None:
    token = CachedToken(Token("a-token"), 1000.0, 1000.0, RefreshPolicy())
    assert token.state(1e12) is TokenState.FRESH


def test_a_lifetime_starts_before_the_request() -> None:
    def slow() -> Token:
        time.sleep(0.4)
        return Token("a-token", 0.4)

    tokens = cache_of(AccessToken(slow))
    assert token(tokens) == "a-token"
    assert tokens.state() is TokenState.INVALID


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_an_invalid_lifetime_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="expires_in must be a positive number of seconds"):
        Token("a-token", seconds)


def test_a_token_is_renewed_once_per_lifetime_not_per_call(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(issue_tokens(expires_in=0.8))
    tokens = cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting)
    started = time.monotonic()
    while len(server.requests) < 4:
        assert token(tokens)
    assert time.monotonic() - started >= 3 * 0.75 * 0.8


def test_many_threads_do_not_renew_a_token_early() -> None:
    asked: list[float] = []

    def function() -> Token:
        asked.append(time.monotonic())
        return Token(f"token-{len(asked)}", 0.6)

    tokens = cache_of(AccessToken(function))

    def call_often() -> None:
        while len(asked) < 4:
            token(tokens)

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        for called in [threads.submit(call_often) for _ in range(8)]:
            called.result(40)
    assert all(after - before > 0.3 for before, after in itertools.pairwise(asked))


def test_nobody_waits_while_a_token_is_renewed(early_stale: None) -> None:
    numbers, gate = itertools.count(1), threading.Event()
    gate.set()

    def function() -> Token:
        number = next(numbers)
        assert gate.wait(20)
        return Token(f"token-{number}", 60)

    tokens = cache_of(AccessToken(function))
    assert token(tokens) == "token-1"
    gate.clear()
    wait_until(lambda: tokens.state() is TokenState.STALE)
    assert [tokens.authorization() for _ in range(100)] == ["Bearer token-1"] * 100
    gate.set()
    wait_until(lambda: tokens.authorization() == "Bearer token-2")


@pytest.mark.slow
def test_a_stale_token_is_used_while_the_endpoint_is_down(
    early_stale: None,
    serve: Serve,
    trusting: ConnectionOptions,
    unknown_key: KeyData,
    caplog: pytest.LogCaptureFixture,
) -> None:
    right = issue_tokens(expires_in=60)

    def respond(exchange: Exchange) -> None:
        if len(server.requests) == 1:
            right(exchange)
        else:
            exchange.respond(503, retry_after="0")

    server = serve(respond)
    tokens = cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting)
    assert token(tokens) == "token-1"
    calls = 0
    while len(server.requests) < 10:  # the second renewal has started
        assert tokens.authorization() == "Bearer token-1"
        calls += 1
    assert calls > 100, "tried with pauses, not at each call"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "JwtProfile(user_id='user-1')" in record.getMessage()
    assert re.search(
        r"calls still use the current one, valid for \d+ s: .*responded with 503", record.getMessage()
    )


def test_a_stale_token_is_used_while_the_key_is_refused(early_stale: None) -> None:
    numbers = itertools.count(1)

    def function() -> Token:
        if next(numbers) > 1:
            raise CredentialsError("the key was removed")
        return Token("token-1", 60)

    tokens = cache_of(AccessToken(function))
    assert token(tokens) == "token-1"
    wait_until(lambda: tokens.authorization() == "Bearer token-1" and next(numbers) > 5)


@pytest.mark.parametrize("kind", [CredentialsError, TokenEndpointError])
def test_the_error_of_a_renewal_is_raised_when_the_token_expires(
    early_stale: None, kind: type[Exception]
) -> None:
    numbers = itertools.count(1)

    def function() -> Token:
        if next(numbers) > 1:
            raise kind("the reason")
        return Token("token-1", 0.5)

    tokens = cache_of(AccessToken(function))
    assert token(tokens) == "token-1"
    while tokens.state() is not TokenState.INVALID:
        assert tokens.authorization() in ("Bearer token-1", None)
    with pytest.raises(kind, match="the reason"):
        token(tokens)


@pytest.mark.slow
def test_a_failing_renewal_is_logged_once_and_so_is_its_recovery(
    early_stale: None, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = itertools.count(1)

    def function() -> Token:
        if 2 <= (number := next(numbers)) <= 9:  # two refreshes of four attempts each
            raise TokenEndpointError("the reason", retry_after=0)
        return Token(f"token-{number}", 60)

    tokens = cache_of(AccessToken(function))
    with caplog.at_level(logging.INFO, "zitadel_grpc.credentials"):
        assert token(tokens) == "token-1"
        wait_until(lambda: tokens.authorization() == "Bearer token-10")
        wait_until(lambda: len(caplog.records) == 2)
    failed, renewed = caplog.records
    assert (failed.levelno, renewed.levelno) == (logging.WARNING, logging.INFO)
    assert failed.getMessage().endswith("the reason")
    assert renewed.getMessage().endswith("token renewal works again")


def test_a_renewal_that_never_failed_is_not_logged(
    early_stale: None, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = itertools.count(1)

    def function() -> Token:
        if (number := next(numbers)) == 1:
            raise TokenEndpointError("passing", retryable=False, retry_after=0)
        return Token(f"token-{number}", 60)

    tokens = cache_of(AccessToken(function))
    with caplog.at_level(logging.INFO, "zitadel_grpc.credentials"):
        with pytest.raises(TokenEndpointError):  # the caller gets the error, so it is not logged
            token(tokens)
        wait_until(lambda: tokens.refresh().exception(10) is None)
        wait_until(lambda: tokens.authorization() == "Bearer token-3")
    assert not caplog.records


def test_a_broken_new_key_file_is_reported_and_the_old_token_stays(
    early_stale: None,
    serve: Serve,
    trusting: ConnectionOptions,
    unknown_key: KeyData,
    unknown_key_file: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = serve(issue_tokens(expires_in=60))
    tokens = cache_of(JwtProfile.from_file(unknown_key_file), server.url, trusting)
    assert token(tokens) == "token-1"
    unknown_key_file.write_text(json.dumps({**unknown_key, "key": "-----BEGIN RSA"}))
    wait_until(lambda: tokens.authorization() == "Bearer token-1" and len(caplog.records) == 1)
    assert f"'key' in {unknown_key_file} is not a readable PEM private key" in caplog.text
    assert len(server.requests) == 1
    unknown_key_file.write_text(json.dumps(unknown_key))
    wait_until(lambda: tokens.authorization() == "Bearer token-2")


def test_setting_the_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = cache_of(AccessToken(lambda: Token("a-token", 3600)))
    assert token(tokens) == "a-token"
    right = time.time
    for jump in (1e7, -1e7):
        monkeypatch.setattr(time, "time", lambda jump=jump: right() + jump)
        assert tokens.state() is TokenState.FRESH


def test_a_token_that_expired_unused_is_fetched_again() -> None:
    numbers = itertools.count(1)
    tokens = cache_of(AccessToken(lambda: Token(f"token-{next(numbers)}", 0.2)))
    assert token(tokens) == "token-1"
    wait_until(lambda: tokens.state() is TokenState.INVALID)
    assert tokens.authorization() is None
    assert token(tokens) == "token-2"


def test_a_token_valid_for_half_a_day_is_requested_once(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(lambda exchange: exchange.respond(200, token_response(expires_in=43199)))
    tokens = cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting)
    assert {token(tokens) for _ in range(1000)} == {"a-token"}
    assert tokens.state() is TokenState.FRESH
    assert len(server.requests) == 1
