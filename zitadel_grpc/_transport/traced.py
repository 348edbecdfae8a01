"""Calls with spans, for programs that use OpenTelemetry."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import grpc

from zitadel_grpc._transport.aio_call import AuthenticatedCall, Request, Response
from zitadel_grpc._transport.base_channel import BaseMethod
from zitadel_grpc._transport.failures import to_rpc_error
from zitadel_grpc._transport.metadata import Pairs, pairs_of
from zitadel_grpc.errors import RpcError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import CallSpan


class TracedCall(AuthenticatedCall[Request, Response]):
    """A call with a span that ends with the call, awaited or not: the call runs in a task from the start."""

    def __init__(self, span: CallSpan, stub_method: BaseMethod, *arguments: Any) -> None:
        self._span = span
        with failing(span, stub_method.rpc):
            super().__init__(stub_method, *arguments)
            self._start().add_done_callback(self._end)

    def _end(self, task: asyncio.Task[Any]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._span.end(error, None if error is None else to_rpc_error(error, self._stub_method.rpc))


def call(span: CallSpan, rpc: str, send: Callable[[], Any]) -> Any:
    """Returns the result of `send`, and ends the span."""
    with failing(span, rpc):
        response = send()
    span.end()
    return response


def future(span: CallSpan, rpc: str, send: Callable[[], Any]) -> Any:
    """Returns the future from `send`. The span ends with the future."""

    def end(done: Any) -> None:
        code, failure = done.code(), None
        if code is not grpc.StatusCode.OK:
            # Not from_grpc_error: it reads the debug string, which may block forever (see `_compat`).
            failure = RpcError(rpc, done.details(), code=code, trailing_metadata=done.trailing_metadata())
        span.end(failure, failure)

    with failing(span, rpc):
        sent = send()
    sent.add_done_callback(end)
    return sent


def propagated(span: CallSpan, rpc: str, pairs: Pairs) -> Pairs:
    """`pairs` with the trace context for the server. Raises InvalidMetadata if gRPC cannot send that."""
    with failing(span, rpc):
        return pairs_of(span.propagated(pairs))


@contextlib.contextmanager
def failing(span: CallSpan, rpc: str) -> Iterator[None]:
    """Makes the span the current one inside. An error ends it."""
    with span.current():
        try:
            yield
        except BaseException as error:
            span.end(error, to_rpc_error(error, rpc))
            raise
