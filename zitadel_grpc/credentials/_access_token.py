"""AccessToken: a token from elsewhere, or a function that returns one."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc.credentials._base import Credentials
from zitadel_grpc.credentials._bearer import bearer_token
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import CredentialsError, TokenEndpointError

Given = str | Token
_GRACE = 0.1  # seconds; the timeout on the event loop comes first


class AccessToken(Credentials):
    """A token from elsewhere, such as a user's own token for the Auth API; or a function that returns one.

    The function, sync or async, returns a str, which is used until the server refuses it, or a
    `Token(value, expires_in)`, which is renewed before it expires. A sync function runs in a background
    thread. An async function runs on the event loop of the call that needs the token, or on a new loop if
    the call has none.

    The function must return within `ConnectionOptions.token_timeout` seconds. After that, an async function
    is cancelled. A sync function cannot be cancelled, so set a timeout for its requests. An exception from
    the function becomes the cause of the CredentialsError that callers get; a TokenEndpointError is retried.
    """

    _function: Callable[[], Given] | Callable[[], Awaitable[Given]] | None = None

    @without_locals
    def __init__(self, token: Given | Callable[[], Given] | Callable[[], Awaitable[Given]]) -> None:
        self._function = token if callable(token) else None
        initial = None if callable(token) else bearer_token(token, "the access token")
        super().__init__(initial_token=initial, renewable=initial is None)

    def __repr__(self) -> str:
        # Only the name of a function: the repr of a partial contains its arguments.
        function = self._function
        name = "…" if function is None else getattr(function, "__qualname__", type(function).__name__)
        return f"AccessToken({name})"

    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        if self._function is None:
            raise CredentialsError(
                "the access token has expired; pass a new token or a callable that returns one"
            )
        given = self._function()
        if inspect.isawaitable(given):
            given = _awaited(given, context, self._function)
        return bearer_token(given, "the result of the function passed to AccessToken")


def _awaited(given: Awaitable[Given], context: RefreshContext, function: Callable[[], Any]) -> Any:
    async def bounded(given: Any = given) -> Any:
        async with asyncio.timeout(context.remaining()):
            return await given

    try:
        if context.loop is None or not context.loop.is_running():
            return asyncio.run(bounded())
        # Runs on the caller's loop, because the function's connections belong to it.
        waiting = bounded()
        try:
            future = asyncio.run_coroutine_threadsafe(waiting, context.loop)
        except RuntimeError:
            waiting.close()
            raise concurrent.futures.CancelledError from None
        timeout = context.remaining() + _GRACE
        either: list[concurrent.futures.Future[Any]] = [future, context.loop_blocked]
        concurrent.futures.wait(either, timeout, concurrent.futures.FIRST_COMPLETED)
        if context.loop_blocked.done() and not future.done():
            future.cancel()
            return asyncio.run(bounded(function()))
        return future.result(0)
    except TimeoutError:
        failure = "returned no token in time (token_timeout)"
    except concurrent.futures.CancelledError:
        failure = "was cancelled, or its event loop was closed"
    raise TokenEndpointError(f"the function passed to AccessToken {failure}")
