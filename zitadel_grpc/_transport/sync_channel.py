"""The synchronous client's channel, that any generated stub works on."""

from __future__ import annotations

from typing import Any, Self

import grpc

from zitadel_grpc._options import Retries
from zitadel_grpc._transport.metadata import Pairs
from zitadel_grpc._transport.streams import StreamingMethod
from zitadel_grpc._transport.sync import AuthenticatedUnaryUnary
from zitadel_grpc._transport.sync_connection import SyncConnection


class AuthenticatedChannel(grpc.Channel):
    """A `grpc.Channel` that any generated stub works on. `fixed` is metadata that every call carries,
    `retries` says which are sent again."""

    def __init__(self, connection: SyncConnection, fixed: Pairs, retries: Retries) -> None:
        self._connection = connection
        self.fixed = fixed
        self.retries: Retries = retries

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        _registered_method: bool | None = False,
    ) -> AuthenticatedUnaryUnary:
        arguments = method, request_serializer, response_deserializer, _registered_method
        return AuthenticatedUnaryUnary(self._connection, self.fixed, self.retries, arguments)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return StreamingMethod(self._connection.bind, self.fixed, "unary_stream", arguments, named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return StreamingMethod(self._connection.bind, self.fixed, "stream_unary", arguments, named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return StreamingMethod(self._connection.bind, self.fixed, "stream_stream", arguments, named)

    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        self._connection.bind().line().channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Any) -> None:
        self._connection.bind().line().channel.unsubscribe(callback)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
