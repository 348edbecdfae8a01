"""Spans of calls and token refreshes, for programs that use OpenTelemetry.

This module does not import OpenTelemetry: a program that uses spans sets a tracer provider, and so
imports it. Before that, a request for a span only costs a lookup in `sys.modules`. Only `spans` needs
OpenTelemetry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zitadel_grpc import _compat
from zitadel_grpc._version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from zitadel_grpc._tracing.spans import CallSpan, RefreshSpan

# The version of the semantic conventions that names and attributes follow.
_SCHEMA = "https://opentelemetry.io/schemas/1.44.0"

_provider: object = None
_tracer: Tracer | None = None


def start_call(rpc: str, server: Mapping[str, str | int]) -> CallSpan | None:
    """The span of a call that starts now; None if the program does not trace. `server` has the attributes of
    the server."""
    tracer = _current_tracer()
    if tracer is None:
        return None
    from zitadel_grpc._tracing import spans

    return None if spans.suppressed() else spans.CallSpan(tracer, rpc, server)


def current_call() -> CallSpan | None:
    """The span of the call that the current code belongs to."""
    if _current_tracer() is None:
        return None
    from zitadel_grpc._tracing import spans

    return spans.current_call()


def plan_refresh(name: str, *, waited_for: bool) -> RefreshSpan | None:
    """The span of a token refresh that is requested here and will start in another thread. `name` identifies
    the token, and `waited_for` says whether the requester waits for it."""
    tracer = _current_tracer()
    if tracer is None:
        return None
    from zitadel_grpc._tracing import spans

    requester = spans.current_call()
    if requester is None and spans.suppressed():
        return None
    return spans.RefreshSpan(tracer, name, requester, waited_for)


def current_refresh() -> RefreshSpan | None:
    """The span of the token refresh that the current code belongs to."""
    if _current_tracer() is None:
        return None
    from zitadel_grpc._tracing import spans

    return spans.current_refresh()


def _current_tracer() -> Tracer | None:
    return _tracer_of_provider() if _compat.has_tracer_provider() else None


def _tracer_of_provider() -> Tracer | None:
    global _provider, _tracer
    from opentelemetry import trace

    provider = trace.get_tracer_provider()
    if provider is not _provider:  # a program may set it after it created its clients
        _tracer = None
        if not isinstance(provider, trace.ProxyTracerProvider):  # a placeholder while none is set
            tracer = provider.get_tracer("zitadel_grpc", __version__, schema_url=_SCHEMA)
            _tracer = None if isinstance(tracer, trace.NoOpTracer) else tracer
        _provider = provider
    return _tracer
