"""The private parts of other libraries that this package relies on, each with its reason.

`tests/compat/test_compat.py` checks each with the real library; `make test-floor` and `make test-newest` run
it with the oldest and the newest versions. If a new version renames a part, the functions return the
documented default, and calls still work.
"""

from __future__ import annotations

import sys
from typing import Any


def cannot_connect(method: Any) -> bool:
    """Whether the channel of gRPC's own `method` has failed to connect. False if unknown.

    Why: the text "failed to connect" proves nothing, since a server can send it; and synchronous channels
    report their state only to subscribers, in another thread. Private: `_channel` of unary-unary methods, in
    `grpc` and `grpc.aio`. Methods behind a synchronous interceptor do not have it."""
    import grpc

    try:
        state = method._channel.check_connectivity_state(False)
    except Exception:
        return False
    return bool(state == grpc.ChannelConnectivity.TRANSIENT_FAILURE.value[0])


def has_debug_error_string(call: Any) -> bool:
    """Whether `debug_error_string()` of a failed synchronous call returns, instead of blocking forever. False
    if unknown.

    Why: a call that failed on the client side never gets the text, and gRPC waits for it forever. Private:
    `_state.debug_error_string` of `grpc`'s calls."""
    return getattr(getattr(call, "_state", None), "debug_error_string", None) is not None


class CallOutsideOfChannels:
    """Base class of this package's `grpc.aio.Call`.

    Why: when a channel is closed, old versions of grpc.aio, such as 1.73, search the tasks of the event loop
    for calls, and raise InternalError for a call without `_channel`. None means that the call belongs to
    another channel."""

    _channel = None


def rpc_path(method: Any) -> str | None:
    """The path of a method of a plain gRPC stub, such as `/zitadel.…Service/GetMyOrg`. None if unknown.

    Why: `bulk` names the RPC even if the stub uses a plain gRPC channel. Private: `_method`."""
    path = getattr(method, "_method", None)
    return path.decode() if isinstance(path, bytes) else None


def has_tracer_provider() -> bool:
    """Whether the program has set an OpenTelemetry tracer provider. True if unknown.

    Why: every call checks this. While no provider is set, OpenTelemetry's `get_tracer_provider()` reads the
    environment each time, which takes 1 % of a call. Private: `_TRACER_PROVIDER` of `opentelemetry.trace`."""
    trace = sys.modules.get("opentelemetry.trace")
    return trace is not None and getattr(trace, "_TRACER_PROVIDER", trace) is not None


def packaged_root_certificates() -> bytes | None:
    """The root certificates (PEM) that the grpcio package contains. None if it contains none.

    Why: gRPC uses them if the system has no CA bundle. Token requests, which do not use gRPC, must trust the
    same CAs. Private: the path of the file."""
    import pkgutil

    try:
        return pkgutil.get_data("grpc", "_cython/_credentials/roots.pem")
    except OSError:
        return None
