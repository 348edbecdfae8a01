"""One call: sent at once with the cached token, or when there is one, and once more if that is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import grpc
import grpc.aio

from zitadel_grpc.credentials.cache import TokenCache
from zitadel_grpc.errors import RpcError
from zitadel_grpc.transport.connection import TELL_NOTHING_OF_THE_TOKEN, as_status, closed, no_token_in_time
from zitadel_grpc.transport.metadata import AUTHORIZATION, Pairs

Request = TypeVar("Request")
Response = TypeVar("Response")

_UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


class AuthenticatedCall(grpc.aio.UnaryUnaryCall[Request, Response]):
    """What a stub's method returns: gRPC's own call object but for the token.

    With a token at hand, awaiting it is awaiting gRPC's call and nothing else. What takes longer (no token
    yet, a token that was refused) goes on in a task, made when it is needed: a refused call whose end nobody
    asks for is not tried again. Nothing is sent twice unless the server answered UNAUTHENTICATED, and that
    means that it did nothing.
    """

    # Older versions of grpc.aio, when a channel is closed, look for its calls in every task of the loop,
    # and fail at one that has no channel at all.
    _channel = None

    def __init__(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        rpc: str,
        cache: TokenCache | None,
        timeout: float,
        pairs: Pairs,
        options: dict[str, Any],
        tasks: set[asyncio.Task[Any]],
    ) -> None:
        self._method = method
        self._request = request
        self._rpc = rpc
        self._cache = cache  # None: the call brings its own authorization
        self._deadline = time.monotonic() + timeout
        self._pairs = pairs
        self._options = options
        self._tasks = tasks
        self._header: str | None = None
        self._attempt: grpc.aio.UnaryUnaryCall[Request, Response] | None = None
        self._task: asyncio.Task[Response] | None = None
        if cache is None:
            self._attempt = method(request, timeout=timeout, metadata=pairs, **options)
        elif header := cache.authorization():
            self._send(header, timeout)
        else:
            self._start()

    def __await__(self) -> Generator[Any, None, Response]:
        if self._task is None and self._attempt is not None:
            try:
                return (yield from self._attempt.__await__())
            except grpc.aio.AioRpcError as error:
                if self._cache is None or error.code() is not _UNAUTHENTICATED:
                    raise RpcError.of(error, self._rpc) from None
        return (yield from self._start().__await__())

    def _send(self, header: str, timeout: float) -> grpc.aio.UnaryUnaryCall[Request, Response]:
        self._header = header
        try:
            self._attempt = self._method(
                self._request,
                timeout=timeout,
                metadata=(*self._pairs, (AUTHORIZATION, header)),
                **self._options,
            )
        except grpc.aio.UsageError:  # the channel was closed while the call waited for its token
            raise closed() from None
        return self._attempt

    def _start(self) -> asyncio.Task[Response]:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._complete())
            self._tasks.add(self._task)
            self._task.add_done_callback(self._tasks.discard)
            self._task.add_done_callback(_retrieve)
        return self._task

    async def _complete(self) -> Response:
        try:
            return await (self._attempt or self._send(await self._token(), self.time_remaining()))
        except grpc.aio.AioRpcError as error:
            cache, header = self._cache, self._header
            if (
                cache is None
                or header is None
                or error.code() is not _UNAUTHENTICATED
                or not cache.refused(header)
            ):
                raise RpcError.of(error, self._rpc) from None
            refusal = error
        renewed = await self._token()
        if renewed == header:
            raise RpcError.of(refusal, self._rpc)
        try:
            response = await self._send(renewed, self.time_remaining())
        except grpc.aio.AioRpcError as error:
            if error.code() not in TELL_NOTHING_OF_THE_TOKEN:
                cache.accepted(renewed)
            raise RpcError.of(error, self._rpc) from None
        cache.accepted(renewed)
        return response

    async def _token(self) -> str:
        assert self._cache is not None
        if header := self._cache.authorization():
            return header
        try:
            async with asyncio.timeout(self.time_remaining()):
                return await self._cache.wait_async()
        except TimeoutError:
            raise no_token_in_time(self._rpc) from None

    async def _outcome(self, asked: str) -> Any:
        """Waits for the end, without raising what it ended with, and has gRPC's call tell of it by its method
        `asked`; or the error that took its place."""
        attempt, error = self._attempt, None
        if (
            self._task is not None
            or attempt is None
            or (self._cache is not None and await attempt.code() is _UNAUTHENTICATED)
        ):
            task = self._start()
            await asyncio.wait({task})
            attempt = self._attempt
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            return getattr(as_status(error, self._rpc), asked)()
        return await getattr(attempt, asked)()

    async def code(self) -> grpc.StatusCode:
        code: grpc.StatusCode = await self._outcome("code")
        return code

    async def details(self) -> str:
        details: str = await self._outcome("details")
        return details

    async def initial_metadata(self) -> grpc.aio.Metadata:
        """Known at the end of the call, since it may have to be sent once more."""
        metadata: grpc.aio.Metadata = await self._outcome("initial_metadata")
        return metadata

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        metadata: grpc.aio.Metadata = await self._outcome("trailing_metadata")
        return metadata

    async def debug_error_string(self) -> str:
        """gRPC's own account of the failure, for bug reports."""
        return await self._outcome("debug_error_string") or ""

    async def wait_for_connection(self) -> None:
        await self

    def cancel(self) -> bool:
        if self._task is not None:
            return self._task.cancel()
        return self._attempt is not None and self._attempt.cancel()

    def cancelled(self) -> bool:
        if self._task is not None and (self._task.cancelled() or not self._task.done()):
            return self._task.cancelled()
        return self._attempt is not None and self._attempt.cancelled()

    def done(self) -> bool:
        if self._task is not None:
            return self._task.done()
        return self._attempt is not None and self._attempt.done()

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        # By a task, so that it tells the end of the call and not that of a first try that was refused.
        self._start().add_done_callback(lambda _: callback(self))

    def time_remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Keeps asyncio from logging the exception of a call that nobody awaits; gRPC does not log those
    either."""
    if not task.cancelled():
        task.exception()
