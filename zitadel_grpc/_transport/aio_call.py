"""One call of the async client. It sends and waits; `flow` decides what happens after a failure."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import grpc.aio

from zitadel_grpc._compat import CallOutsideOfChannels
from zitadel_grpc._errors.frames import clear_frames
from zitadel_grpc._transport.aio_connection import Binding
from zitadel_grpc._transport.arguments import CallOptions
from zitadel_grpc._transport.base_channel import BaseMethod
from zitadel_grpc._transport.channel_pool import MonitoredChannel
from zitadel_grpc._transport.failures import foreign_metadata, to_rpc_error, unreadable
from zitadel_grpc._transport.flow import CallFlow
from zitadel_grpc._transport.metadata import Pairs, with_token
from zitadel_grpc._transport.requests import Unserializable, not_serialized
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.credentials._waits import closed_error
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

Request = TypeVar("Request")
Response = TypeVar("Response")

_FAILURES = (grpc.aio.AioRpcError, grpc.aio.InternalError, Unserializable)
"""The exceptions of a failed attempt. gRPC raises InternalError for metadata that it cannot send."""


class AuthenticatedCall(CallOutsideOfChannels, grpc.aio.UnaryUnaryCall[Request, Response]):
    """The call object that a stub's method returns. It works like gRPC's own.

    If a token is cached, the call is sent immediately, and awaiting it only awaits gRPC's call. Everything
    slower (no token yet, a rejected token, a delay that the server asks for) runs in a task, which is created
    when it is needed. So a failed call that nobody awaits is not retried.
    """

    def __init__(
        self,
        stub_method: BaseMethod,
        binding: Binding,
        made: tuple[grpc.aio.UnaryUnaryMultiCallable[Request, Response], MonitoredChannel],
        request: Request,
        timeout: float,
        pairs: Pairs,
        cache: TokenCache | None,
        options: CallOptions,
    ) -> None:
        self._stub_method = stub_method
        self._binding = binding
        self._method, self._monitored = made  # gRPC's own
        self._request = request
        self._deadline = time.monotonic() + timeout
        self._pairs = pairs
        self._cache = cache  # None: the call has its own authorization
        self._options = options
        self._authorization: str | None = None
        self._attempt: grpc.aio.UnaryUnaryCall[Request, Response] | None = None
        self._task: asyncio.Task[Response] | None = None
        if cache is None:
            self._send(None, timeout)
        elif authorization := cache.authorization():
            self._send(authorization, timeout)
        else:
            self._start()

    def __await__(self) -> Generator[Any, None, Response]:
        if self._task is None and self._attempt is not None:
            try:
                response = yield from self._attempt.__await__()
                self._monitored.last_received = time.monotonic()
                if response is not None:
                    return response
                failure: ZitadelError = unreadable(self._stub_method.rpc)
            except _FAILURES as error:
                failure = self._failure(error)
            # Outside of `except`: otherwise gRPC's error, which may repeat the token, would be the context.
            try:
                if self._task is None:  # another task may await this call too
                    self._start(self._delay_or_raise(failure))
            finally:
                del failure  # avoids a reference cycle: its traceback refers to this frame
        try:
            return (yield from self._start().__await__())
        except BaseException as error:
            clear_frames(error)
            raise

    def _start(self, delay: float | None = None) -> asyncio.Task[Response]:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._complete(delay))
            self._binding.tasks.add(self._task)
            self._task.add_done_callback(self._binding.tasks.discard)
            self._task.add_done_callback(self._ended)
        return self._task

    async def _complete(self, delay: float | None) -> Response:
        """Sends the call, unless it was sent already, and waits for its end. With `delay`, the first attempt
        has failed, and the call is sent again after that many seconds."""
        if delay is None and self._attempt is None:
            self._send(await self._token(), self.time_remaining())
        while True:
            if delay is not None:
                await self._stub_method.waits.pause_async(delay)
                authorization = await self._token()
                self._flow.check_resend(authorization)
                self._binding.counts.retries += 1
                self._send(authorization, self.time_remaining())
            assert self._attempt is not None
            try:
                response = await self._attempt
                self._monitored.last_received = time.monotonic()
                if response is not None:
                    self._flow.succeeded(self._authorization)
                    return response
                failure: ZitadelError = unreadable(self._stub_method.rpc)
            except _FAILURES as error:
                failure = self._failure(error)
            try:
                delay = self._delay_or_raise(failure)
            finally:
                del failure  # avoids a reference cycle: its traceback refers to this frame

    @functools.cached_property
    def _flow(self) -> CallFlow:
        return CallFlow(self._stub_method.rpc, self._cache, self._stub_method.retries)

    def _send(self, authorization: str | None, timeout: float) -> None:
        self._authorization = authorization
        self._sent = self._deadline - timeout
        credentials, wait_for_ready, compression = self._options
        try:
            self._attempt = self._method(
                self._request,
                timeout=timeout,
                metadata=with_token(self._pairs, authorization),
                credentials=credentials,
                wait_for_ready=wait_for_ready,
                compression=compression,
            )
        except grpc.aio.UsageError:  # the channel was closed while the call waited for its token
            raise closed_error() from None

    async def _token(self) -> str | None:
        if self._cache is None:
            return None
        if authorization := self._cache.authorization():
            return authorization
        left = self.time_remaining()
        try:
            async with asyncio.timeout(left):
                return await self._cache.wait_async(self._stub_method.waits)
        except (TimeoutError, TokenEndpointError) as error:
            self._flow.no_token(error, left)

    def _failure(self, error: BaseException) -> ZitadelError:
        if isinstance(error, Unserializable):
            return not_serialized(self._stub_method.rpc, error)
        if not isinstance(error, grpc.aio.AioRpcError):
            return foreign_metadata(self._stub_method.rpc)
        self._binding.ended(self._monitored, error.code(), error.details(), self._sent)
        sent = with_token(self._pairs, self._authorization)
        return self._stub_method.failure_of(error, self._method, self._request, sent, self._flow.failure)

    def _delay_or_raise(self, failure: ZitadelError) -> float:
        """Seconds to wait before the retry. Raises `failure` if there is no retry."""
        delay = self._flow.delay_after(failure, self._authorization, self.time_remaining())
        if delay is not None:
            return delay
        try:
            raise failure
        finally:
            del failure

    async def _outcome(self, asked: str) -> Any:
        """Waits for the end of the call without raising its error. Returns the result of the method `asked`,
        such as `code`: of gRPC's call, or of the error if there is no such call."""
        # Waits for a task that awaits gRPC's call: `code()` of a call that was never sent waits forever.
        task = self._start()
        await asyncio.wait({task})
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            return getattr(to_rpc_error(error, self._stub_method.rpc), asked)()
        return await getattr(self._attempt, asked)()

    async def code(self) -> grpc.StatusCode:
        code: grpc.StatusCode = await self._outcome("code")
        return code

    async def details(self) -> str:
        details: str = await self._outcome("details")
        return details

    async def initial_metadata(self) -> grpc.aio.Metadata:
        """Returns only when the call has ended, since it may be retried."""
        metadata: grpc.aio.Metadata = await self._outcome("initial_metadata")
        return metadata

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        metadata: grpc.aio.Metadata = await self._outcome("trailing_metadata")
        return metadata

    async def debug_error_string(self) -> str:
        """gRPC's own description of the failure, for bug reports."""
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
        # Added to the task: the callback must run at the end of the call, not after a refused first attempt.
        self._start().add_done_callback(lambda _: callback(self))

    if not TYPE_CHECKING:  # type checkers report the missing attribute

        def __getattr__(self, name: str) -> Any:
            """Most likely a field of the response: the caller forgot to await the call."""
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
            rpc = self._stub_method.rpc
            raise AttributeError(
                f"a call in progress has no attribute {name!r}; await the call of {rpc} to get its response"
            )

    def time_remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _ended(self, task: asyncio.Task[Response]) -> None:
        if not task.cancelled():
            task.exception()  # marks it as retrieved, otherwise asyncio would log it
        elif self._attempt is not None:
            self._attempt.cancel()  # the task may have been cancelled before it awaited the attempt
