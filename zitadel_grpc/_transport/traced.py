"""Calls with a span around them, for programs whose traces OpenTelemetry gathers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import grpc

from zitadel_grpc._transport.call import AuthenticatedCall, Request, Response
from zitadel_grpc._transport.connection import to_rpc_error
from zitadel_grpc._transport.metadata import Pairs, pairs_of
from zitadel_grpc.errors import RpcError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import CallSpan


class TracedCall(AuthenticatedCall[Request, Response]):
    """A call whose span ends when it does, awaited or not: it goes on in a task from the start."""

    def __init__(self, span: CallSpan, *arguments: Any, **named: Any) -> None:
        self._span = span
        with failing(span, named["rpc"]):
            super().__init__(*arguments, **named)
            self._start().add_done_callback(self._end)

    def _end(self, task: asyncio.Task[Any]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._span.end(error, None if error is None else to_rpc_error(error, self._rpc))


def call(span: CallSpan, rpc: str, send: Callable[[], Any]) -> Any:
    """The answer that `send` waits for; the span ends with it."""
    with failing(span, rpc):
        answer = send()
    span.end()
    return answer


def future(span: CallSpan, rpc: str, send: Callable[[], Any]) -> Any:
    """The future that `send` makes, which ends the span."""

    def end(done: Any) -> None:
        code, failure = done.code(), None
        if code is not grpc.StatusCode.OK:
            # Not from_grpc_error: a call ended on this side never has the debug string that it waits for.
            failure = RpcError(rpc, done.details(), code=code, trailing_metadata=done.trailing_metadata())
        span.end(failure, failure)

    with failing(span, rpc):
        sent = send()
    sent.add_done_callback(end)
    return sent


def propagated(span: CallSpan, rpc: str, pairs: Pairs) -> Pairs:
    """`pairs` with what tells the server of this trace. Raises InvalidMetadata if gRPC cannot send that."""
    with failing(span, rpc):
        return pairs_of(span.propagated(pairs))


@contextlib.contextmanager
def failing(span: CallSpan, rpc: str) -> Iterator[None]:
    """Within, the span is current, and an error ends it."""
    with span.current():
        try:
            yield
        except BaseException as error:
            span.end(error, to_rpc_error(error, rpc))
            raise
