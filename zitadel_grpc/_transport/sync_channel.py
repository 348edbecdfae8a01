"""The synchronous client's channel: each call carries the cached token as plain metadata."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

import grpc

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._transport import traced
from zitadel_grpc._transport.arguments import CallOptions, call_timeout
from zitadel_grpc._transport.base_channel import BaseChannel, BaseMethod
from zitadel_grpc._transport.sync_call import BlockingCall

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import CallSpan

    _MultiCallable = grpc.UnaryUnaryMultiCallable[Any, Any]
else:  # generic for type checkers only
    _MultiCallable = grpc.UnaryUnaryMultiCallable

WAIT_DEADLINE: ContextVar[float | None] = ContextVar("zitadel_grpc_wait_deadline", default=None)
"""The time (`time.monotonic`) by which calls in this context must end, whatever their own timeout. Set by
`wait_until`, which has no other way to end the blocking calls of the user's function."""


class AuthenticatedMethod(BaseMethod, _MultiCallable):
    """A unary-unary method of a stub."""

    @without_locals
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        options = (credentials, wait_for_ready, compression)
        call, span = self._prepare(request, timeout, metadata, options)
        return call.result() if span is None else traced.call(span, self.rpc, call.result)

    @without_locals
    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        options = (credentials, wait_for_ready, compression)
        call, span = self._prepare(request, timeout, metadata, options)
        return call.with_call() if span is None else traced.call(span, self.rpc, call.with_call)

    @without_locals
    def future(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        """Returns a `grpc.Future` that is also a `grpc.Call`, and raises the errors of a call. Blocks until
        there is a token. A failed call is not retried; after UNAUTHENTICATED, the next call uses another
        token."""
        options = (credentials, wait_for_ready, compression)
        call, span = self._prepare(request, timeout, metadata, options)
        return call.future() if span is None else traced.future(span, self.rpc, call.future)

    def _prepare(
        self, request: Any, timeout: float | None, metadata: Any, options: CallOptions
    ) -> tuple[BlockingCall, CallSpan | None]:
        pairs, own = self._check(request, metadata, options)
        timeout = self.target.timeout if timeout is None else call_timeout(timeout)
        if (deadline := WAIT_DEADLINE.get()) is not None:
            timeout = max(0.0, min(timeout, deadline - time.monotonic()))
        binding = self.connection.current or self.connection.bind()
        made = binding.methods.get(self._key)
        if made is None:
            made = binding.method(self.retries, self._arguments)
        self.connection.count(calls=1)
        if (span := self.target.start_span(self.rpc)) is not None:
            pairs = traced.propagated(span, self.rpc, pairs)
        cache = None if own else self.target.cache
        return BlockingCall(self, binding, made, request, timeout, pairs, cache, options), span


class AuthenticatedChannel(BaseChannel, grpc.Channel):
    """A `grpc.Channel` for any generated stub."""

    _method = AuthenticatedMethod

    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        self._connection.bind().get().channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Any) -> None:
        self._connection.bind().get().channel.unsubscribe(callback)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
