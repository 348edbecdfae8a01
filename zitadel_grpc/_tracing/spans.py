"""The spans themselves. Names and attributes follow OpenTelemetry's semantic conventions for gRPC; what those
have no name for begins with `zitadel.`. No metadata, no message and no token is ever an attribute."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc
from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from zitadel_grpc.errors import CredentialsError, RpcError

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_CALL = context.create_key("zitadel_grpc.call")
_REFRESH = context.create_key("zitadel_grpc.refresh")
_SUPPRESS = "suppress_instrumentation"  # a key that OpenTelemetry's own instrumentations look for

# Their texts are about the way to the server. That of another may quote the request.
_TELLING = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


class CallSpan:
    """The span of one call with all its tries. Current for what the call does, never for its caller.

    Inside of it OpenTelemetry's instrumentation of grpc makes no spans: they would be this one again.
    """

    def __init__(self, tracer: Tracer, rpc: str, server: Mapping[str, str | int]) -> None:
        attributes = {"rpc.system.name": "grpc", "rpc.method": rpc, **server}
        self._span = tracer.start_span(rpc, kind=SpanKind.CLIENT, attributes=attributes)
        inside = context.set_value(_CALL, self, trace.set_span_in_context(self._span))
        self._context = context.set_value(_SUPPRESS, True, inside)
        self._waited = 0.0
        self._resends = 0

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        """Within, the span is the current one."""
        token = context.attach(self._context)
        try:
            yield
        finally:
            context.detach(token)

    def propagated(
        self, metadata: tuple[tuple[str, str | bytes], ...]
    ) -> tuple[tuple[str, str | bytes], ...]:
        """`metadata` with what tells the server of this trace, but for what is in it already."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier, self._context)
        own = {name for name, _ in metadata}
        return (*metadata, *((name.lower(), carrier[name]) for name in carrier if name.lower() not in own))

    def waited(self, seconds: float, refresh: RefreshSpan | None) -> None:
        """The call waited for a token, which `refresh` was to obtain."""
        self._waited += seconds
        self._span.set_attribute("zitadel.token.wait", self._waited)
        if refresh is not None and refresh.asker is not self and refresh.context is not None:
            self._span.add_link(refresh.context)

    def sent_again(self, after: grpc.StatusCode) -> None:
        """The call ended with `after`, which was no end, and goes on with another try."""
        self._resends += 1
        self._span.set_attribute("zitadel.resend_count", self._resends)
        if after is grpc.StatusCode.UNAUTHENTICATED:
            self._span.set_attribute("zitadel.token.refused", True)

    def end(self, error: BaseException | None = None, status: RpcError | None = None) -> None:
        """The call ended, by `error` if it failed, which `status` tells in gRPC's terms. Only the first end
        counts."""
        if not self._span.is_recording():
            return
        code = grpc.StatusCode.OK if status is None else status.code()
        self._span.set_attribute("rpc.response.status_code", code.name)
        if error is not None and status is not None:
            answered = isinstance(error, RpcError | asyncio.CancelledError)
            self._span.set_attribute("error.type", code.name if answered else _full_name(error))
            if status.error_id:
                self._span.set_attribute("zitadel.error_id", status.error_id)
            self._span.set_status(Status(StatusCode.ERROR, status.details() if code in _TELLING else None))
        self._span.end()


class RefreshSpan:
    """The span of one token refresh, shared by all who wait for it. It is a child of what asked for it and
    waits; what only noticed that it was due, and goes on, is linked."""

    def __init__(self, tracer: Tracer, name: str, asker: CallSpan | None, waited_for: bool) -> None:
        self.asker = asker
        self.context: trace.SpanContext | None = None
        """Once it has begun."""
        self._tracer = tracer
        self._name = name
        self._asked_in = trace.get_current_span()
        self._waited_for = waited_for
        self._span: trace.Span = trace.INVALID_SPAN

    def __enter__(self) -> Self:
        """Begins it, as the current span of this thread."""
        links: Iterable[Link] = ()
        outside = Context()
        if self._waited_for:
            outside = trace.set_span_in_context(self._asked_in, outside)
        elif self._asked_in.get_span_context().is_valid:
            links = [Link(self._asked_in.get_span_context())]
        self._span = self._tracer.start_span(
            "zitadel token refresh",
            outside,
            attributes={"zitadel.credentials": self._name},
            links=tuple(links),
        )
        self.context = self._span.get_span_context()
        inside = context.set_value(_REFRESH, self, trace.set_span_in_context(self._span, outside))
        self._token = context.attach(inside)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        context.detach(self._token)

    def asks(self, host: str | None, port: int | None) -> None:
        """A request goes to the token endpoint at `host`."""
        if host and port and self._span.is_recording():
            self._span.set_attributes({"server.address": host, "server.port": port})

    def answered(self, status: int) -> None:
        """The token endpoint answered with the HTTP status `status`."""
        if self._span.is_recording():  # not given up meanwhile
            self._span.set_attribute("http.response.status_code", status)

    def end(self, error: Exception | None) -> None:
        """The refresh ended, by `error` if there is no token."""
        if error is not None:
            refusal = error.error if isinstance(error, CredentialsError) else None
            self._span.set_attribute("error.type", refusal or _full_name(error))
            self._span.set_status(Status(StatusCode.ERROR, str(error)))
        self._span.end()


def current_call() -> CallSpan | None:
    found = context.get_value(_CALL)
    return found if isinstance(found, CallSpan) else None


def current_refresh() -> RefreshSpan | None:
    found = context.get_value(_REFRESH)
    return found if isinstance(found, RefreshSpan) else None


def suppressed() -> bool:
    """True where the program wants no spans of instrumentations."""
    return bool(context.get_value(_SUPPRESS))


def _full_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
