"""The errors that calls raise: created from gRPC's errors, or by this package."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import _compat, _trust, errors
from zitadel_grpc._errors.redaction import redact, secrets_of
from zitadel_grpc._options import ConnectionOptions, Retries
from zitadel_grpc._transport.never_executed import never_executed
from zitadel_grpc.errors import (
    Cancelled,
    ClosedError,
    ConfigurationError,
    CredentialsError,
    DeadlineExceeded,
    Internal,
    InvalidMetadata,
    RpcError,
    TokenEndpointError,
    Unauthenticated,
    Unavailable,
    Unknown,
)

_BY_CODE: dict[grpc.StatusCode, type[RpcError]] = {
    kind.status_code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, RpcError) and RpcError in kind.__bases__
}
# Compiled at the first failure, not at the start of every program.
_NO_CONNECTION = "failed to connect to all addresses|DNS resolution failed|errors resolving "
_TOO_LARGE = r"(?:CLIENT: )?Sent message larger than max \((\d+) vs\. (\d+)\)"
_SEND_LIMIT = "grpc.max_send_message_length"
_SERVICE_CONFIG = "grpc.service_config"


def from_grpc_error(
    error: grpc.RpcError, rpc: str, sent: Iterable[tuple[str, Any]] = (), proxy: object = None
) -> RpcError:
    """The RpcError for an error of gRPC, async or sync. Metadata stays `grpc.aio.Metadata`; that of a sync
    call becomes a tuple of `MetadataEntry`.

    `sent` is the metadata of the call: if the server repeats a secret of it, such as the token, the secret is
    removed. `proxy` is the proxy that the call went through, for the hint."""
    if isinstance(error, RpcError):
        return error
    call: Any = error  # grpc's errors have the methods of a call, but their type does not
    code, secrets = call.code(), secrets_of(sent)
    failure = _BY_CODE.get(code, RpcError)(
        rpc,
        redact(secrets, call.details()),
        code=code,
        initial_metadata=_redacted(secrets, call.initial_metadata()),
        trailing_metadata=_redacted(secrets, call.trailing_metadata()),
        debug_error_string=redact(secrets, getattr(call, "debug_error_string", str)()),
    )
    if proxy is not None:
        failure._proxy = str(proxy)
    return failure


def _redacted(secrets: Sequence[str], metadata: Iterable[tuple[str, Any]] | None) -> Any:
    if not metadata or not secrets:
        return metadata
    pairs = ((key, redact(secrets, value)) for key, value in metadata)
    return grpc.aio.Metadata(*pairs) if isinstance(metadata, grpc.aio.Metadata) else tuple(pairs)


def note_evidence(
    error: RpcError,
    method: Any,
    request: Any,
    options: ConnectionOptions,
    retries: Retries,
    earlier: RpcError | None = None,
    intercepted: bool = False,
) -> RpcError:
    """Records on `error` whether the request was never sent, and whether an earlier attempt may have been
    executed, for `never_executed`. `method` is gRPC's own; `earlier` is the failure of the previous
    attempt. `intercepted`: the program has interceptors, which may have sent the request several times."""
    configured = dict(options.channel_options)
    error._repeated = (
        retries == "all"
        or intercepted
        or _SERVICE_CONFIG in configured
        or (earlier is not None and not never_executed(earlier))
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
    """Whether the error's text and the channel's state show that there was no connection. The text alone
    proves nothing: a server can send it too."""
    if error.initial_metadata() or error.trailing_metadata():
        return False
    return bool(re.match(_NO_CONNECTION, error.details() or "")) and _compat.cannot_connect(method)


def _too_large(error: RpcError, request: Any, limit: Any) -> bool:
    """Whether gRPC's own limit refused the request: the numbers in the text must be those of this call."""
    found = re.fullmatch(_TOO_LARGE, error.details() or "")
    if found is None or not isinstance(limit, int) or limit < 0:
        return False
    try:
        size = request.ByteSize()
    except Exception:  # the codec is not protobuf's
        return False
    return size > limit and (int(found[1]), int(found[2])) == (size, limit)


def unreadable(rpc: str) -> Internal:
    """For a response that cannot be deserialized although its status is OK: gRPC returns None."""
    return Internal(rpc, "the response cannot be read; the server may have executed the call")


def foreign_metadata(rpc: str) -> InvalidMetadata:
    """For metadata that gRPC refused although the call's own metadata was checked."""
    return InvalidMetadata(
        f"{rpc} was not sent: an interceptor or a trace propagator added metadata that gRPC cannot send"
    )


def not_a_call(rpc: str, returned: object) -> ConfigurationError:
    """For an interceptor that returned `returned`, such as a response."""
    return ConfigurationError(
        f"{rpc} failed: an interceptor returned {type(returned).__name__}, not a call; return what "
        "`continuation` returns"
    )


def returned_no_call(error: AttributeError) -> bool:
    """Whether gRPC raised `error` because an interceptor did not return a call."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    return (
        error.name == "result"
        and frames is not None
        and frames.tb_frame.f_globals.get("__name__") == "grpc._interceptor"
    )


def no_token_in_time(rpc: str, left: float, earlier: RpcError | None) -> DeadlineExceeded:
    """`left`: the seconds that were available to wait for the token. `earlier`: the failure that caused the
    retry, if any."""
    if left <= 0 and earlier is None:
        error = DeadlineExceeded(rpc, "the timeout passed before the call started; it must be above 0")
    else:
        error = DeadlineExceeded(rpc, "the deadline passed while the call waited for a token")
    error._never_sent = earlier is None or never_executed(earlier)
    return error


def to_rpc_error(error: BaseException, rpc: str) -> RpcError:
    """The status that `call.code()` and spans report for a call that failed without a status from gRPC."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return Cancelled(rpc, "the client cancelled the call")
    if isinstance(error, ClosedError):
        return Cancelled(rpc, str(error))
    if isinstance(error, CredentialsError):
        return Unauthenticated(rpc, str(error))
    if isinstance(error, TokenEndpointError):
        return Unavailable(rpc, str(error))
    return Unknown(rpc, str(error))
