"""The last interceptor before gRPC checks the metadata that the program's own interceptors added.

Without it, gRPC fails with internal errors, or waits forever when asked for the call's code. Channels without
interceptors do not need it: the metadata of their calls has been checked already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc._transport.metadata import pairs_of
from zitadel_grpc.errors import InvalidMetadata


def checked_async(interceptors: Sequence[Any]) -> list[Any]:
    return [*interceptors, *(kind() for kind in _ASYNC)]


def checked_sync(interceptors: Sequence[Any]) -> list[Any]:
    return [*interceptors, _Sync()]


def _check(metadata: Iterable[Any] | None) -> None:
    if metadata is None:
        return
    try:
        given: Any = tuple(metadata) if isinstance(metadata, Iterable) else metadata
        made = pairs_of(given)
        for (name, _), (lower, _) in zip(given, made, strict=True):
            if name != lower:
                raise InvalidMetadata(f"the name {name!r} must be in lower case")
    except InvalidMetadata as error:
        failure = InvalidMetadata(f"an interceptor added metadata that gRPC cannot carry: {error}")
    else:
        return
    raise failure


def _intercept_sync(_: object, continuation: Any, details: Any, request: Any) -> Any:
    _check(details.metadata)
    return continuation(details, request)


_sync: Any = _intercept_sync  # type checkers: it fits each kind


class _Sync(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    intercept_unary_unary = _sync
    intercept_unary_stream = _sync
    intercept_stream_unary = _sync
    intercept_stream_stream = _sync


async def _intercept_async(_: object, continuation: Any, details: Any, request: Any) -> Any:
    _check(details.metadata)
    return await continuation(details, request)


_async: Any = _intercept_async


# One class per kind: grpc.aio uses an interceptor only for the first kind that it is an instance of.
class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _async


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _async


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _async


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream = _async


_ASYNC = (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)
