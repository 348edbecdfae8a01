"""Turns gRPC's errors into those of `zitadel_grpc.errors`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import errors
from zitadel_grpc._errors.redaction import redact, secrets_of
from zitadel_grpc.errors import RpcError

_BY_CODE: dict[grpc.StatusCode, type[RpcError]] = {
    kind.status_code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, RpcError) and RpcError in kind.__bases__
}


def from_grpc_error(
    error: grpc.RpcError, rpc: str, sent: Iterable[tuple[str, Any]] = (), proxy: object = None
) -> RpcError:
    """The RpcError for an error of gRPC, async or sync. Metadata stays `grpc.aio.Metadata`; that of a sync
    call becomes a tuple of `MetadataEntry`.

    `sent` is the metadata of the call: if the server repeats a secret of it, such as the token, the secret is
    removed. `proxy` is the proxy that the call went through, for the hint."""
    if isinstance(error, RpcError):
        return error
    call: Any = error  # grpc's sync errors are calls: the methods are there, the type does not say so
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
