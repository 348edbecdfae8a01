"""Checks that an RPC takes a request before it is sent.

If a request cannot be serialized, grpc.aio sends an empty message instead, and the server executes it. So the
type of each request is checked first, and a failure of its serializer ends the call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from zitadel_grpc.errors import InvalidRequest


class Unserializable(BaseException):
    """A serializer failed. Not an `Exception`: gRPC logs those and continues."""


def accept(request: object, rpc: str, deserializer: Any) -> type:
    """Checks that the RPC takes `request`, and returns its type.

    Messages are compared by full name, since stubs of another descriptor pool have other classes. The
    expected name is known if the descriptor pool of the response knows the service. Otherwise every type
    passes, and only the serializer can fail.

    Raises InvalidRequest.
    """
    given = type(request)
    expected = _input_type(rpc, deserializer)
    if expected is not None and _full_name(given) != expected:
        name = _full_name(given) or f"{given.__module__}.{given.__qualname__}".removeprefix("builtins.")
        if isinstance(request, type) and (asked := _full_name(request)):
            name = f"the class {asked}, not a message"
        raise InvalidRequest(rpc, details=f"the request must be a {expected}, not {name}")
    return given


def strict(
    serializer: Callable[[Any], Any] | None, rpc: str = "", deserializer: Any = None
) -> Callable[[Any], bytes]:
    """A serializer that raises Unserializable if `serializer` fails or does not return bytes. With None, the
    requests are bytes already. With `rpc`, it also raises for a request that the RPC does not take: an
    interceptor may have replaced it."""
    accepts: type | None = None

    def serialize(request: Any) -> bytes:
        nonlocal accepts
        try:
            if rpc and type(request) is not accepts:
                accepts = accept(request, rpc, deserializer)
            serialized = request if serializer is None else serializer(request)
        except InvalidRequest as error:
            failure = Unserializable(str(error.details()))
        except Exception as error:
            failure = Unserializable(f"{type(request).__name__} cannot be serialized: {type(error).__name__}")
        else:
            if isinstance(serialized, bytes):
                return serialized
            failure = Unserializable(f"the serializer returned {type(serialized).__name__}, not bytes")
        raise failure  # outside of `except`: the text of the original error may quote the request

    return serialize


def check_rules(request: object, rpc: str) -> None:
    """Raises InvalidRequest for a request that breaks the protobufs' rules: the server would reject it."""
    from google.protobuf.message import Message

    from zitadel_grpc.validation import violations

    if isinstance(request, Message) and (found := violations(request)):
        raise InvalidRequest(rpc, found)


def not_serialized(rpc: str, failure: Unserializable) -> InvalidRequest:
    return InvalidRequest(rpc, details=f"the request was not sent: {failure}")


def checked_stream(requests: Any, check: Callable[[Any], Any], refused: list[Exception]) -> Any:
    """`requests`, an iterable or asynchronous iterable, with a check of each item as it is taken. Failures
    are added to `refused`, since gRPC does not report the errors of an iterator."""

    def taken(request: Any) -> Any:
        try:
            return check(request)
        except InvalidRequest as error:
            refused.append(error)
            raise

    if hasattr(requests, "__aiter__"):

        async def checked() -> AsyncIterator[Any]:
            async for request in requests:
                yield taken(request)

        return checked()
    iterator: Iterator[Any] = map(taken, requests)
    return iterator


def check_serializable(request: Any, rpc: str, serializer: Any) -> None:
    """Raises InvalidRequest. For streams only, since it serializes the request a second time."""
    try:
        strict(serializer)(request)
        return
    except Unserializable as error:
        failure = error
    raise not_serialized(rpc, failure)


def _input_type(rpc: str, deserializer: Any) -> str | None:
    service, _, method = rpc.partition("/")
    try:
        pool = deserializer(b"").DESCRIPTOR.file.pool
        return str(pool.FindServiceByName(service).methods_by_name[method].input_type.full_name)
    except Exception:  # the codec is not protobuf's, or its pool does not know the service
        return None


def _full_name(kind: type) -> str | None:
    descriptor = getattr(kind, "DESCRIPTOR", None)
    name = getattr(descriptor, "full_name", None)
    return name if isinstance(name, str) else None
