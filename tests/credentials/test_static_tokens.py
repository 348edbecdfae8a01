"""Personal access tokens, and tokens that a user's function returns."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import itertools
import pickle
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.credentials.caches import cache_of, token, token_async, wait_until
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import AccessToken, PersonalAccessToken, Token, _personal_access_token
from zitadel_grpc.credentials._cached_token import TokenState
from zitadel_grpc.errors import CredentialsError, NotFound, TokenEndpointError, ZitadelError

NO_TOKEN = ["", "   ", "two words", "line\nbreak", "umläut", "tab\tbed", "\x00"]
SHORT = ConnectionOptions(token_timeout=0.3)


def test_a_personal_access_token_is_available_at_once() -> None:
    cache = cache_of(PersonalAccessToken(" a-token\n"))
    assert cache.authorization() == "Bearer a-token"
    assert cache.state() is TokenState.FRESH


def test_a_personal_access_token_can_be_pickled_for_spawned_processes(tmp_path: Path) -> None:
    (tmp_path / "pat.txt").write_text("a-token")
    for credentials in (PersonalAccessToken("a-token"), PersonalAccessToken.from_file(tmp_path / "pat.txt")):
        copy = pickle.loads(pickle.dumps(credentials))  # noqa: S301
        assert cache_of(copy).authorization() == "Bearer a-token"


@pytest.mark.parametrize("given", [*NO_TOKEN, None, 7, b"a-token"])
def test_an_invalid_personal_access_token_is_reported(given: Any) -> None:
    with pytest.raises(CredentialsError, match="the personal access token"):
        PersonalAccessToken(given)


def test_a_scheme_before_the_token_is_reported_with_the_fix() -> None:
    with pytest.raises(CredentialsError, match="pass the token alone, without 'Bearer'"):
        PersonalAccessToken("Bearer a-token")


def test_a_personal_access_token_is_read_from_a_file_without_its_line_break(tmp_path: Path) -> None:
    (file := tmp_path / "pat.txt").write_text("\ufeffa-token\r\n", encoding="utf-8")
    credentials = PersonalAccessToken.from_file(file)
    assert token(cache_of(credentials)) == "a-token"
    assert repr(credentials) == f"PersonalAccessToken(file={str(file)!r})"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff\xff", b"x" * 70_000])
def test_a_file_without_a_token_is_reported(tmp_path: Path, content: bytes) -> None:
    (file := tmp_path / "pat.txt").write_bytes(content)
    with pytest.raises(CredentialsError) as refused:
        PersonalAccessToken.from_file(file)
    assert str(file) in str(refused.value)


def test_a_rotated_file_is_used_when_the_token_is_refused(tmp_path: Path) -> None:
    (file := tmp_path / "pat.txt").write_text("token-1")
    cache = cache_of(PersonalAccessToken.from_file(file))
    assert token(cache) == "token-1"
    file.write_text("token-2\n")
    assert cache.refused("Bearer token-1")
    assert token(cache) == "token-2"


def test_a_rotated_file_is_used_later_without_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_personal_access_token, "_READ_EVERY", 0.1)
    (file := tmp_path / "pat.txt").write_text("token-1")
    cache = cache_of(PersonalAccessToken.from_file(file))
    assert cache.authorization() == "Bearer token-1"
    file.write_text("token-2")
    wait_until(lambda: cache.authorization() == "Bearer token-2")


def test_a_rotated_file_that_is_broken_is_reported_and_the_old_token_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_personal_access_token, "_READ_EVERY", 0.1)
    (file := tmp_path / "pat.txt").write_text("token-1")
    cache = cache_of(PersonalAccessToken.from_file(file))
    file.write_text("")
    wait_until(lambda: cache.authorization() == "Bearer token-1" and len(caplog.records) == 1)
    assert f"calls still use the current one: {file} is empty" in caplog.text


def test_a_rotated_file_that_is_broken_is_reported_once_its_token_is_refused(tmp_path: Path) -> None:
    (file := tmp_path / "pat.txt").write_text("token-1")
    cache = cache_of(PersonalAccessToken.from_file(file))
    file.write_text("")
    assert token(cache) == "token-1", "still good"
    cache.refused("Bearer token-1")
    with pytest.raises(CredentialsError) as refused:
        token(cache)
    assert str(file) in str(refused.value)


def test_a_token_of_the_user_can_have_a_lifetime() -> None:
    cache = cache_of(AccessToken(Token("a-token", 1.0)))
    assert token(cache) == "a-token"
    wait_until(lambda: cache.state() is TokenState.INVALID)
    with pytest.raises(
        CredentialsError, match="the access token has expired; pass a new token or a callable"
    ):
        token(cache)


def test_a_function_is_called_once_for_a_token_without_expiry() -> None:
    numbers = itertools.count(1)
    cache = cache_of(AccessToken(lambda: f" token-{next(numbers)}\n"))
    assert {token(cache) for _ in range(100)} == {"token-1"}


def test_a_function_is_called_again_before_its_token_expires() -> None:
    numbers = itertools.count(1)
    cache = cache_of(AccessToken(lambda: Token(f"token-{next(numbers)}", 0.4)))
    wait_until(lambda: token(cache) in ("token-3", "token-4", "token-5"))


def test_a_sync_function_runs_in_a_thread_and_does_not_block_the_loop() -> None:
    turned = threading.Event()

    def function() -> str:
        assert turned.wait(10)
        return "a-token"

    async def main() -> str:
        asked = asyncio.create_task(token_async(cache_of(AccessToken(function))))
        for _ in range(10):
            await asyncio.sleep(0.001)
        turned.set()
        return await asked

    assert asyncio.run(main()) == "a-token"


async def test_an_async_function_runs_on_the_loop_of_the_call() -> None:
    loops = []

    async def function() -> Token:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return Token("a-token", 60)

    assert await token_async(cache_of(AccessToken(function))) == "a-token"
    assert loops == [asyncio.get_running_loop()]


def test_an_async_function_gets_a_new_loop_if_none_runs() -> None:
    async def function() -> str:
        await asyncio.sleep(0)
        return "a-token"

    assert token(cache_of(AccessToken(function))) == "a-token"


def test_an_async_function_whose_loop_is_closed_runs_on_another() -> None:
    begun = threading.Event()

    async def function() -> str:
        if not begun.is_set():
            begun.set()
            await asyncio.sleep(60)
        return "a-token"

    cache = cache_of(AccessToken(function))

    async def leave_early() -> None:
        waiting = asyncio.create_task(token_async(cache))
        assert await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()

    asyncio.run(leave_early())
    assert token(cache) == "a-token"


async def test_an_async_function_that_hangs_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def function() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return "too late"

    with pytest.raises(TokenEndpointError, match="token_timeout"):
        await token_async(cache_of(AccessToken(function), options=SHORT))
    await asyncio.wait_for(cancelled.wait(), 5)


def test_a_sync_function_that_hangs_is_abandoned() -> None:
    hanging = threading.Event()
    cache = cache_of(AccessToken(lambda: str(hanging.wait(30))), options=SHORT)
    with pytest.raises(TokenEndpointError, match=r"no token within 0.3 s \(token_timeout\)"):
        token(cache)
    hanging.set()


def test_the_late_result_of_an_abandoned_function_is_not_used(short_holds: None) -> None:
    numbers, hanging, ended = itertools.count(1), threading.Event(), threading.Event()

    def function() -> str:
        if (number := next(numbers)) == 1:
            hanging.wait(30)
            ended.set()
        return f"token-{number}"

    cache = cache_of(AccessToken(function), options=SHORT)
    with pytest.raises(TokenEndpointError):
        token(cache)
    wait_until(lambda: cache.refresh().exception(10) is None)
    used = token(cache)
    hanging.set()
    assert ended.wait(10)
    wait_until(lambda: cache._hanging == 0)
    assert token(cache) == used != "token-1"


class Strange(BaseException):
    pass


@pytest.mark.parametrize(
    "failure", [ValueError("secret"), SystemExit(3), KeyboardInterrupt(), Strange("secret")]
)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_what_a_function_raises_is_the_cause_of_the_error(failure: BaseException, is_async: bool) -> None:
    def function() -> str:
        raise failure

    async def async_function() -> str:
        raise failure

    with pytest.raises(CredentialsError, match=type(failure).__name__) as failed:
        token(cache_of(AccessToken(async_function if is_async else function)))
    assert failed.value.__cause__ is failure
    assert "secret" not in str(failed.value)


def test_a_failed_call_inside_a_function_is_the_cause_of_a_credentials_error() -> None:
    def function() -> str:
        raise NotFound("zitadel.management.v1.ManagementService/GetMyOrg", code=grpc.StatusCode.NOT_FOUND)

    with pytest.raises(CredentialsError, match="NotFound"):
        token(cache_of(AccessToken(function)))


def test_a_function_can_request_a_retry() -> None:
    numbers = itertools.count(1)

    def function() -> str:
        if (number := next(numbers)) < 3:
            raise TokenEndpointError("busy", retry_after=0.01)
        return f"token-{number}"

    assert token(cache_of(AccessToken(function))) == "token-3"


@pytest.mark.parametrize("wait", [-1.0, float("nan"), float("inf")])
def test_an_invalid_retry_delay_of_a_function_is_ignored(wait: float) -> None:
    def function() -> str:
        raise TokenEndpointError("busy", retry_after=wait)

    with pytest.raises(TokenEndpointError, match="busy"):
        token(cache_of(AccessToken(function), options=dataclasses.replace(SHORT, token_timeout=5)))


@pytest.mark.parametrize("given", [*NO_TOKEN, None, 7, b"a-token", ["a-token"]])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_an_invalid_result_of_a_function_is_reported(given: Any, is_async: bool) -> None:
    async def async_function() -> Any:
        return given

    with pytest.raises(CredentialsError, match=r"passed to AccessToken (is empty|must be a str)"):
        token(cache_of(AccessToken(async_function if is_async else lambda: given)))


def test_an_invalid_token_of_a_function_raises_a_zitadel_error() -> None:
    with pytest.raises(ZitadelError, match="expires_in"):
        token(cache_of(AccessToken(lambda: Token("a-token", -1))))


def ask() -> str:
    return "a-token"


def test_the_repr_shows_only_the_name_of_a_function() -> None:
    def fetch(secret: str) -> str:
        return secret

    assert repr(AccessToken(functools.partial(fetch, "a-secret"))) == "AccessToken(partial)"
    assert repr(AccessToken(ask)) == "AccessToken(ask)"
