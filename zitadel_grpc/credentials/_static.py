"""Tokens that somebody else made: personal access tokens, and whatever a function of the user's gives."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import trimmed
from zitadel_grpc.credentials._base import Credentials, RefreshContext, Token, TokenServer
from zitadel_grpc.credentials._files import SecretFile
from zitadel_grpc.errors import ConfigurationError, CredentialsError, TokenEndpointError

Given = str | Token
_A_PATH = re.compile(r"(~|\.{0,2})[/\\]|[A-Za-z]:[/\\]")  # ZITADEL's tokens have no slash
_READ_EVERY = 60.0  # seconds: the plugin's channels never learn that a token was refused
_GRACE = 0.1  # seconds; the loop's own timeout comes first


class PersonalAccessToken(Credentials):
    """A personal access token (PAT) of a service user; white space around it is trimmed.

    Raises CredentialsError if it is empty or cannot be a token. A PAT that the server refuses has no
    successor, so the call is not tried again. One from a file has one if the file holds another by then; the
    file is also read again each minute while calls are made.
    """

    _file: SecretFile | None = None

    @without_locals
    def __init__(self, token: str, *, _file: SecretFile | None = None) -> None:
        what = "the personal access token" if _file is None else str(_file)
        first = _checked(token, what)
        if _A_PATH.match(first.value) or _is_file(first.value):
            raise CredentialsError(
                f"{what} is a path: use PersonalAccessToken.from_file, or ZITADEL_SERVICE_USER_TOKEN_FILE"
            )
        if _file is None:
            super().__init__(first=first, renewable=False)
        else:
            super().__init__(first=first, renew_after=_READ_EVERY)
        self._file = _file

    @classmethod
    @without_locals
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """From a file that holds nothing else. Raises CredentialsError that names the file."""
        file = SecretFile(path)
        return cls(file.read(), _file=file)

    def __repr__(self) -> str:
        return f"PersonalAccessToken({'…' if self._file is None else f'file={str(self._file)!r}'})"

    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        assert self._file is not None  # without a file the first token is the only one
        return _checked(self._file.read(), str(self._file))


class AccessToken(Credentials):
    """A token from elsewhere, such as a user's own for the Auth API; or a function, sync or async, for it.

    The function returns the token as text, kept until the server refuses it, or as `Token(value,
    expires_in)`, renewed before its end. It runs in a thread, an async one on the event loop of the call that
    needs the token (or, where none runs, on one of its own). It may take `ConnectionOptions.token_timeout`
    seconds; an async one is cancelled then, a sync one cannot be, so give what it waits for a timeout of its
    own. What it raises is the cause of the CredentialsError that callers get; TokenEndpointError from it is
    tried again.
    """

    _function: Callable[[], Given] | Callable[[], Awaitable[Given]] | None = None

    @without_locals
    def __init__(self, token: Given | Callable[[], Given] | Callable[[], Awaitable[Given]]) -> None:
        self._function = token if callable(token) else None
        first = None if callable(token) else _checked(token, "the access token")
        super().__init__(first=first, renewable=first is None)

    def __repr__(self) -> str:
        # Of a function its name only: the repr of a partial holds its arguments.
        function = self._function
        name = "…" if function is None else getattr(function, "__qualname__", type(function).__name__)
        return f"AccessToken({name})"

    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        if self._function is None:
            raise CredentialsError(
                "the access token has ended: give a new one, or a function that gives them"
            )
        given = self._function()
        if inspect.isawaitable(given):
            given = _awaited(given, refresh, self._function)
        return _checked(given, "what the function for an AccessToken gave")


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with a NUL
        return False


def _awaited(given: Awaitable[Given], refresh: RefreshContext, function: Callable[[], Any]) -> Any:
    async def bounded(given: Any = given) -> Any:
        async with asyncio.timeout(refresh.remaining()):
            return await given

    try:
        if refresh.loop is None or not refresh.loop.is_running():
            return asyncio.run(bounded())
        # On the caller's loop, where the function's own connections live.
        waiting = bounded()
        try:
            future = asyncio.run_coroutine_threadsafe(waiting, refresh.loop)
        except RuntimeError:
            waiting.close()
            raise concurrent.futures.CancelledError from None
        wait = refresh.remaining() + _GRACE
        either: list[concurrent.futures.Future[Any]] = [future, refresh.loop_blocked]
        concurrent.futures.wait(either, wait, concurrent.futures.FIRST_COMPLETED)
        if refresh.loop_blocked.done() and not future.done():
            future.cancel()
            return asyncio.run(bounded(function()))
        return future.result(0)
    except TimeoutError:
        failure = "gave no token in time (token_timeout)"
    except concurrent.futures.CancelledError:
        failure = "was cancelled, or its event loop ended"
    raise TokenEndpointError(f"the function for an AccessToken {failure}")


def _checked(given: object, what: str) -> Token:
    fault = "is neither text nor a Token"
    try:
        if isinstance(given, str):
            return Token(trimmed(given))
        if isinstance(given, Token):
            return given
    except ConfigurationError:
        fault = "is empty or has characters that no token has: give the bare token, without 'Bearer'"
    raise CredentialsError(f"{what} {fault}")
