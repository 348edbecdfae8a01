"""Notes on a failed call whether its request surely never left, and whether it may have been sent twice."""

from __future__ import annotations

import re
from typing import Any

import grpc

from zitadel_grpc import _trust
from zitadel_grpc._options import ConnectionOptions, Retries
from zitadel_grpc._transport.undone import surely_not_done
from zitadel_grpc.errors import RpcError

_NO_CONNECTION = re.compile("failed to connect to all addresses|DNS resolution failed|errors resolving ")
_TOO_LARGE = re.compile(r"(?:CLIENT: )?Sent message larger than max \((\d+) vs\. (\d+)\)")
_SEND_LIMIT = "grpc.max_send_message_length"
_SERVICE_CONFIG = "grpc.service_config"


def note(
    error: RpcError,
    method: Any,
    request: Any,
    options: ConnectionOptions,
    retries: Retries,
    earlier: RpcError | None = None,
) -> RpcError:
    """`error` of an attempt by gRPC's `method`, with what is known of it; `earlier` is the error of the
    attempt before."""
    configured = dict(options.channel_options)
    error._repeated = (
        retries == "all"
        or _SERVICE_CONFIG in configured
        or (earlier is not None and not surely_not_done(earlier))
    )
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            if "CERTIFICATE_VERIFY_FAILED" in (error.details() or ""):
                error._trusted_cas = _trust.source(options)
            error._never_sent = not error._repeated and _not_connected(error, method)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            limit = configured.get(_SEND_LIMIT, options.max_request_bytes)
            error._never_sent = not error._repeated and _too_large(error, request, limit)
    return error


def _not_connected(error: RpcError, method: Any) -> bool:
    """Whether the channel says that too: a server can send the same text."""
    if error.initial_metadata() or error.trailing_metadata():
        return False
    if not _NO_CONNECTION.match(error.details() or ""):
        return False
    try:  # private in gRPC; behind a synchronous interceptor there is none
        state = method._channel.check_connectivity_state(False)
    except Exception:
        return False
    return bool(state == grpc.ChannelConnectivity.TRANSIENT_FAILURE.value[0])


def _too_large(error: RpcError, request: Any, limit: Any) -> bool:
    """Whether gRPC's own limit refused the request: the numbers in the text must be those of this call."""
    found = _TOO_LARGE.fullmatch(error.details() or "")
    if found is None or not isinstance(limit, int) or limit < 0:
        return False
    try:
        size = request.ByteSize()
    except Exception:  # a codec that is not protobuf's
        return False
    return size > limit and (int(found[1]), int(found[2])) == (size, limit)
