"""`secure_channel`: a `grpc.aio` channel that attaches the token, and checks requests and responses."""

from __future__ import annotations

from typing import Any, Self

import grpc
import grpc.aio

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport.aio_stream import CheckedStream
from zitadel_grpc._transport.arguments import check_call_options
from zitadel_grpc._transport.channel_pool import FixedPool
from zitadel_grpc._transport.channels import open_async
from zitadel_grpc._transport.metadata import pairs_of
from zitadel_grpc._transport.plugin import composed_credentials
from zitadel_grpc._transport.requests import Unserializable, accept, not_serialized, strict
from zitadel_grpc._transport.streams import StreamingMethod
from zitadel_grpc._transport.target import Target
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.errors import ClosedError


@without_locals
def secure_channel(
    url: str, credentials: Credentials, *, options: ConnectionOptions | None = None
) -> grpc.aio.Channel:
    """A `grpc.aio` channel to `url` for your own stubs, whose calls carry the token of `credentials`. Like
    every `grpc.aio` channel, it belongs to the event loop in which it is created.

    If the server at `url` is not ZITADEL but your own service, set ZITADEL's URL with
    `ConnectionOptions(issuer=…)` and the service's project with `project_ids=` of the credentials.

    Plaintext works for loopback addresses only: gRPC sends call credentials over no other plaintext channel.
    The channel does not detect a connection that the network dropped silently. If calls keep reaching their
    deadline, create a new channel.

    Raises ConfigurationError. Its calls raise InvalidRequest, InvalidMetadata, ClosedError, Internal for a
    response that cannot be read, and gRPC's own errors otherwise.
    """
    target = Target(url, credentials, ConnectionOptions() if options is None else options)
    channel = open_async(target.endpoint, target.options, credentials=composed_credentials(target))
    return CheckedChannel(channel)


class CheckedCall(CheckedStream):
    """gRPC's unary-unary call. A response that cannot be read raises Internal."""


grpc.aio.UnaryUnaryCall.register(CheckedCall)


class CheckedUnaryUnary(grpc.aio.UnaryUnaryMultiCallable[Any, Any]):
    """gRPC's unary-unary method. Requests are serialized here: grpc.aio sends an empty one if that fails."""

    _accepts: type | None = None

    def __init__(self, channel: grpc.aio.Channel, method: str, serializer: Any, *more: Any) -> None:
        self.rpc = method.lstrip("/")
        self._serialize = strict(serializer)
        self._deserializer = more[0] if more else None
        self._method: Any = channel.unary_unary(method, None, *more)

    @without_locals
    def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        if type(request) is not self._accepts:
            self._accepts = accept(request, self.rpc, self._deserializer)
        check_call_options((credentials, wait_for_ready, compression))
        payload = self._serialized(request)
        pairs = None if metadata is None else pairs_of(metadata)
        try:
            call = self._method(
                payload,
                timeout=timeout,
                metadata=pairs,
                credentials=credentials,
                wait_for_ready=wait_for_ready,
                compression=compression,
            )
        except grpc.aio.UsageError:
            raise ClosedError("Cannot send a request: the channel has been closed.") from None
        return CheckedCall(call, self.rpc, self._serialized, [], lambda code, details: None)

    def _serialized(self, request: Any) -> bytes:
        try:
            return self._serialize(request)
        except Unserializable as error:
            failure = not_serialized(self.rpc, error)
        raise failure


class CheckedChannel(grpc.aio.Channel):
    """`channel` with checked methods."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._pool = FixedPool(channel)

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        _registered_method: bool | None = False,
    ) -> CheckedUnaryUnary:
        more = response_deserializer, _registered_method
        return CheckedUnaryUnary(self._channel, method, request_serializer, *more)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._streaming("unary_stream", arguments, named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return self._streaming("stream_unary", arguments, named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._streaming("stream_stream", arguments, named)

    def _streaming(self, kind: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return StreamingMethod(lambda: self._pool, (), kind, arguments, named)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._channel.channel_ready()
