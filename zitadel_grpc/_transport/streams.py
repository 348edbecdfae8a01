"""Streaming methods, for stubs of your own: ZITADEL has no streaming RPC."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc._deprecation import warn_if_deprecated
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._method_help import DocumentedMethod
from zitadel_grpc._transport.aio_stream import CheckedStream
from zitadel_grpc._transport.channel_pool import STREAMS, ChannelPool, FixedPool, MonitoredChannel
from zitadel_grpc._transport.metadata import Pairs, merge
from zitadel_grpc._transport.requests import accept, check_serializable, checked_stream


class StreamingMethod(DocumentedMethod):
    """gRPC's own method on a channel with the plugin, since a stream cannot be sent again after its token was
    rejected. It has no default timeout and no retries. Requests are checked, and with grpc.aio responses too.
    All other errors are gRPC's. `kind` is the channel's method, such as `stream_unary`."""

    def __init__(
        self,
        bind: Callable[[], ChannelPool | FixedPool],
        fixed: Pairs,
        kind: str,
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> None:
        self._bind = bind
        self._fixed = fixed
        self._method = kind, arguments, named
        path: str = arguments[0] if arguments else named["method"]
        self.rpc = path.lstrip("/")

    def bind(self, fixed: Pairs, retries: object) -> StreamingMethod:
        """This method for a view of the client. `retries` does not apply: streams are never sent again."""
        return StreamingMethod(self._bind, fixed, *self._method)

    @without_locals
    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._invoke("__call__", given, named)

    @without_locals
    def with_call(self, *given: Any, **named: Any) -> Any:
        return self._invoke("with_call", given, named)

    @without_locals
    def future(self, *given: Any, **named: Any) -> Any:
        return self._invoke("future", given, named)

    def _invoke(self, way: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        pool = self._bind()
        call = inspect.signature(self._of(pool.get(), way)).bind(*given, **named)
        check = self._check()
        if pool.warns_deprecated:
            warn_if_deprecated(self.rpc)
        refused: list[Exception] = []
        if "request" in call.arguments:
            check(call.arguments["request"])
        elif call.arguments.get("request_iterator") is not None:
            requests = call.arguments["request_iterator"]
            call.arguments["request_iterator"] = checked_stream(requests, check, refused)
        pairs, own = merge(self._fixed, call.arguments.get("metadata") or ())
        call.arguments["metadata"] = pairs
        own = own or call.arguments.get("credentials") is not None
        monitored = pool.get() if own else pool.get(STREAMS)
        sent = time.monotonic()

        def ended(code: Any, details: str | None) -> None:
            pool.ended(monitored, code, details, sent)

        try:
            made = self._of(monitored, way)(*call.args, **call.kwargs)
        except grpc.RpcError as error:
            if isinstance(error, grpc.Call):
                ended(error.code(), error.details())
            if not refused:
                raise
        else:
            if isinstance(made, grpc.aio.Call):
                return CheckedStream(made, self.rpc, check, refused, ended)
            if isinstance(made, grpc.Call):
                made.add_callback(lambda: ended(made.code(), made.details()))
            return made
        raise refused[0]

    def _check(self) -> Callable[[Any], Any]:
        """A function that returns its argument, or raises InvalidRequest if the RPC does not take it."""
        _, (_, *codecs), named = self._method
        serializer = codecs[0] if codecs else named.get("request_serializer")
        deserializer = codecs[1] if len(codecs) > 1 else named.get("response_deserializer")

        def check(request: Any) -> Any:
            accept(request, self.rpc, deserializer)
            check_serializable(request, self.rpc, serializer)
            return request

        return check

    def _of(self, monitored: MonitoredChannel, way: str) -> Any:
        kind, arguments, named = self._method
        make = getattr(monitored.channel, kind)
        method = inspect.signature(make).bind(*arguments, **named)
        deserializer = method.arguments.get("response_deserializer")

        def received(response: bytes) -> Any:
            monitored.last_received = time.monotonic()
            return response if deserializer is None else deserializer(response)

        method.arguments["response_deserializer"] = received
        return getattr(make(*method.args, **method.kwargs), way)
