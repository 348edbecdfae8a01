"""One call: sent at once with the cached token, or when there is one, and once more if that is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import grpc.aio

from zitadel_grpc._errors.frames import clear_frames
from zitadel_grpc._options import ConnectionOptions, Retries
from zitadel_grpc._transport.aio_connection import Binding
from zitadel_grpc._transport.connection import (
    foreign_metadata,
    log_retry,
    no_token_in_time,
    to_rpc_error,
    unreadable,
)
from zitadel_grpc._transport.evidence import note
from zitadel_grpc._transport.grpc_errors import from_grpc_error
from zitadel_grpc._transport.lines import Line
from zitadel_grpc._transport.metadata import AUTHORIZATION, Pairs
from zitadel_grpc._transport.requests import Unserializable, not_serialized
from zitadel_grpc._transport.retries import Tries
from zitadel_grpc._transport.undone import surely_not_done
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.credentials._waits import Waits, closed_error
from zitadel_grpc.errors import RpcError, TokenEndpointError, ZitadelError

Request = TypeVar("Request")
Response = TypeVar("Response")

_NOT_THE_END = frozenset({grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED})
"""After these a call may be sent again."""
_NEVER_SENT = (Unserializable, grpc.aio.InternalError)
"""What gRPC raises before it sends: InternalError for metadata that it cannot carry."""


class AuthenticatedCall(grpc.aio.UnaryUnaryCall[Request, Response]):
    """What a stub's method returns: gRPC's own call object but for the token.

    With a token at hand, awaiting it is awaiting gRPC's call and nothing else. What takes longer (no token
    yet, a token that was refused, a server that says when to come again) goes on in a task, made when it is
    needed: a refused call whose end nobody asks for is not tried again.
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
        retries: Retries,
        timeout: float,
        pairs: Pairs,
        options: dict[str, Any],
        binding: Binding,
        line: Line,
        waits: Waits,
        via: object,
        connection_options: ConnectionOptions,
    ) -> None:
        self._method = method
        self._request = request
        self._rpc = rpc
        self._cache = cache  # None: the call brings its own authorization
        self._retries: Retries = retries
        self._deadline = time.monotonic() + timeout
        self._pairs = pairs
        self._options = options
        self._binding = binding
        self._line = line
        self._waits = waits
        self._via = via
        self._connection_options = connection_options
        self._header: str | None = None
        self._attempt: grpc.aio.UnaryUnaryCall[Request, Response] | None = None
        self._task: asyncio.Task[Response] | None = None
        if cache is None:
            self._send(None, timeout)
        elif header := cache.authorization():
            self._send(header, timeout)
        else:
            self._start()

    def __await__(self) -> Generator[Any, None, Response]:
        failure: ZitadelError | None = None
        if self._task is None and self._attempt is not None:
            try:
                response = yield from self._attempt.__await__()
                self._line.heard = time.monotonic()
                if response is not None:
                    return response
                failure = unreadable(self._rpc)
            except grpc.aio.AioRpcError as error:
                self._hear(error)
                if error.code() not in _NOT_THE_END:
                    failure = self._told(error)
            except _NEVER_SENT as error:
                failure = self._not_sent(error)
        # Outside of `except`: else gRPC's error, which may repeat the token, were its context.
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # else its traceback, and so this frame, would keep it: a cycle for each
        try:
            return (yield from self._start().__await__())
        except BaseException as error:
            clear_frames(error)
            raise

    def _send(self, header: str | None, timeout: float) -> grpc.aio.UnaryUnaryCall[Request, Response]:
        self._header = header
        self._sent = self._deadline - timeout
        pairs = self._pairs if header is None else (*self._pairs, (AUTHORIZATION, header))
        try:
            self._attempt = self._method(
                self._request,
                timeout=timeout,
                metadata=pairs,
                **self._options,
            )
        except grpc.aio.UsageError:  # the channel was closed while the call waited for its token
            raise closed_error() from None
        return self._attempt

    def _start(self) -> asyncio.Task[Response]:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._complete())
            self._binding.tasks.add(self._task)
            self._task.add_done_callback(self._binding.tasks.discard)
            self._task.add_done_callback(self._ended)
        return self._task

    async def _complete(self) -> Response:
        attempt = self._attempt or self._send(await self._token(), self.time_remaining())
        tries = Tries(self._cache, self._retries)
        earlier: RpcError | None = None
        while True:
            try:
                response = await attempt
                self._line.heard = time.monotonic()
            except grpc.aio.AioRpcError as error:
                self._hear(error)
                failure = self._told(error, earlier)
            except _NEVER_SENT as error:
                raise self._not_sent(error) from None
            else:
                tries.succeeded(self._header)
                if response is None:
                    raise unreadable(self._rpc)
                return response
            pause = tries.pause_after(failure, self._header, self.time_remaining())
            if pause is None:
                try:
                    raise failure
                finally:
                    del failure  # else its traceback, and so this frame, would keep it: a cycle for each
            await self._waits.pause_async(pause)
            header = await self._token(failure)
            if not tries.worthwhile(header):
                raise failure
            self._binding.counts.retries += 1
            log_retry(failure)
            earlier = failure
            attempt = self._send(header, self.time_remaining())

    def _hear(self, error: grpc.aio.AioRpcError) -> None:
        self._binding.ended(self._line, error.code(), error.details(), self._sent)

    def _told(self, error: grpc.aio.AioRpcError, earlier: RpcError | None = None) -> RpcError:
        header = () if self._header is None else ((AUTHORIZATION, self._header),)
        told = from_grpc_error(error, self._rpc, (*self._pairs, *header), self._via)
        return note(told, self._method, self._request, self._connection_options, self._retries, earlier)

    def _not_sent(self, error: BaseException) -> ZitadelError:
        if isinstance(error, Unserializable):
            return not_serialized(self._rpc, error)
        return foreign_metadata(self._rpc)

    async def _token(self, earlier: RpcError | None = None) -> str | None:
        if self._cache is None:
            return None
        if header := self._cache.authorization():
            return header
        left = self.time_remaining()
        try:
            async with asyncio.timeout(left):
                return await self._cache.wait_async(self._waits)
        except TimeoutError:
            raise no_token_in_time(self._rpc, left, earlier) from None
        except TokenEndpointError as error:
            if earlier is None or surely_not_done(earlier):
                raise
            raise earlier from error  # that one tells that the call may have been executed

    async def _outcome(self, asked: str) -> Any:
        """Waits for the end, without raising what it ended with, and has gRPC's call tell of it by its method
        `asked`; or the error that took its place."""
        # By a task that awaits gRPC's call: asked for its code, that waits for ever if it was never sent.
        task = self._start()
        await asyncio.wait({task})
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            return getattr(to_rpc_error(error, self._rpc), asked)()
        return await getattr(self._attempt, asked)()

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

    if not TYPE_CHECKING:  # type checkers report the missing attribute

        def __getattr__(self, name: str) -> Any:
            """A field of the response, most likely, by a caller who forgot to await the call."""
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
            raise AttributeError(f"await the call of {self._rpc} before you use {name!r} of its response")

    def time_remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _ended(self, task: asyncio.Task[Response]) -> None:
        if not task.cancelled():
            task.exception()  # asyncio logs those that nobody asks for; gRPC does not
        elif self._attempt is not None:
            self._attempt.cancel()  # the task may have been cancelled before it awaited what was sent already
