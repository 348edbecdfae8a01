"""The spans. Names and attributes follow OpenTelemetry's semantic conventions for gRPC; attributes without a
convention start with `zitadel.`. Metadata, messages and tokens are never attributes."""

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
_SUPPRESS = "suppress_instrumentation"  # a context key that OpenTelemetry's own instrumentations check

# The error texts of these codes are about the connection. Those of other codes may quote the request.
_SAFE_TEXT = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


class CallSpan:
    """The span of one call with all its attempts. It is the current span for what the call does, never for
    its caller.

    OpenTelemetry's instrumentation of grpc creates no spans inside: they would duplicate this one.
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
        """Makes the span the current one inside."""
        token = context.attach(self._context)
        try:
            yield
        finally:
            context.detach(token)

    def propagated(
        self, metadata: tuple[tuple[str, str | bytes], ...]
    ) -> tuple[tuple[str, str | bytes], ...]:
        """`metadata` with the trace context for the server. Names that are already in it are kept."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier, self._context)
        own = {name for name, _ in metadata}
        return (*metadata, *((name.lower(), carrier[name]) for name in carrier if name.lower() not in own))

    def waited(self, seconds: float, refresh: RefreshSpan | None) -> None:
        """The call waited for a token from `refresh`."""
        self._waited += seconds
        self._span.set_attribute("zitadel.token.wait", self._waited)
        if refresh is not None and refresh.requester is not self and refresh.context is not None:
            self._span.add_link(refresh.context)

    def retried(self, after: grpc.StatusCode) -> None:
        """An attempt ended with the status `after`, and the call is retried."""
        self._resends += 1
        self._span.set_attribute("zitadel.resend_count", self._resends)
        if after is grpc.StatusCode.UNAUTHENTICATED:
            self._span.set_attribute("zitadel.token.refused", True)

    def end(self, error: BaseException | None = None, status: RpcError | None = None) -> None:
        """The call ended; with `error` if it failed, which `status` describes in gRPC's terms. Only the first
        end counts."""
        if not self._span.is_recording():
            return
        code = grpc.StatusCode.OK if status is None else status.code()
        self._span.set_attribute("rpc.response.status_code", code.name)
        if error is not None and status is not None:
            has_status = isinstance(error, RpcError | asyncio.CancelledError)
            self._span.set_attribute("error.type", code.name if has_status else _full_name(error))
            if status.error_id:
                self._span.set_attribute("zitadel.error_id", status.error_id)
            self._span.set_status(Status(StatusCode.ERROR, status.details() if code in _SAFE_TEXT else None))
        self._span.end()


class RefreshSpan:
    """The span of one token refresh, shared by all that wait for it. It is a child of the span that requested
    it and waits. A span that only found the refresh due, and continues, is linked."""

    def __init__(self, tracer: Tracer, name: str, requester: CallSpan | None, waited_for: bool) -> None:
        self.requester = requester
        self.context: trace.SpanContext | None = None
        """None until the refresh has started."""
        self._tracer = tracer
        self._name = name
        self._parent = trace.get_current_span()
        self._waited_for = waited_for
        self._span: trace.Span = trace.INVALID_SPAN

    def __enter__(self) -> Self:
        """Starts the span and makes it the current one of this thread."""
        links: Iterable[Link] = ()
        outside = Context()
        if self._waited_for:
            outside = trace.set_span_in_context(self._parent, outside)
        elif self._parent.get_span_context().is_valid:
            links = [Link(self._parent.get_span_context())]
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

    def requested(self, host: str | None, port: int | None) -> None:
        """A request is sent to the token endpoint at `host`."""
        if host and port and self._span.is_recording():
            self._span.set_attributes({"server.address": host, "server.port": port})

    def responded(self, status: int) -> None:
        """The token endpoint responded with the HTTP status `status`."""
        if self._span.is_recording():  # the refresh may have been given up
            self._span.set_attribute("http.response.status_code", status)

    def end(self, error: Exception | None) -> None:
        """The refresh ended; with `error` if there is no token."""
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
    """True if the program suppresses the spans of instrumentations."""
    return bool(context.get_value(_SUPPRESS))


def _full_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
