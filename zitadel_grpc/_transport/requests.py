"""Only what an RPC takes is sent.

grpc.aio sends an empty message in place of one that cannot be serialized, and the server executes it. So each
request's type is checked before anything is sent, and its serializer is not allowed to fail unnoticed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from zitadel_grpc.errors import InvalidRequest


class Unserializable(BaseException):
    """A serializer failed. Not an `Exception`: those gRPC logs, and then goes on."""


def accept(request: object, rpc: str, deserializer: Any) -> type:
    """Checks that `request` is a message that the RPC takes, and returns its type.

    A message counts by its full name: stubs of another descriptor pool have classes of their own. The name is
    known where the pool of the response knows the service; without it only the serializer can tell.

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
    """`serializer`, which raises Unserializable where it raised another error or did not return bytes. None,
    for requests that are bytes already, returns them. With `rpc` also for what that does not take: an
    interceptor may have replaced the request."""
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
            failure = Unserializable(f"it was serialized as {type(serialized).__name__}, not bytes")
        raise failure  # outside of `except`: the text of the error may quote the request

    return serialize


def check_rules(request: object, rpc: str) -> None:
    """Raises InvalidRequest for a request that the server would refuse by the protobufs' rules."""
    from google.protobuf.message import Message

    from zitadel_grpc.validation import violations

    if isinstance(request, Message) and (found := violations(request)):
        raise InvalidRequest(rpc, found)


def not_serialized(rpc: str, failure: Unserializable) -> InvalidRequest:
    return InvalidRequest(rpc, details=f"the request was not sent: {failure}")


def checked_stream(requests: Any, check: Callable[[Any], Any], refused: list[Exception]) -> Any:
    """`requests`, an iterable or asynchronous iterable, whose items are checked as they are taken. What is
    refused is kept in `refused`, since gRPC tells of no error of an iterator."""

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
    """Raises InvalidRequest. For streams only: it serializes the request once more."""
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
    except Exception:  # a codec that is not protobuf's, or a service that its pool does not know
        return None


def _full_name(kind: type) -> str | None:
    descriptor = getattr(kind, "DESCRIPTOR", None)
    name = getattr(descriptor, "full_name", None)
    return name if isinstance(name, str) else None
