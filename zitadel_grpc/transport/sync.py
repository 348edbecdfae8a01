"""The synchronous client's channel: the twin of `aio`, waiting by blocking."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import grpc

from zitadel_grpc.errors import ConfigurationError, RpcError
from zitadel_grpc.transport.channels import channel_arguments, open_sync
from zitadel_grpc.transport.connection import Target, closed, forget_at_fork, keep_unclosed, no_token_in_time
from zitadel_grpc.transport.metadata import AUTHORIZATION, Pairs, merge
from zitadel_grpc.transport.plugin import composed_credentials

_UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
if TYPE_CHECKING:
    _MultiCallable = grpc.UnaryUnaryMultiCallable[Any, Any]
else:  # generic for type checkers only
    _MultiCallable = grpc.UnaryUnaryMultiCallable

_Options = tuple[grpc.CallCredentials | None, bool | None, grpc.Compression | None]


class Binding:
    """The gRPC channels of one process."""

    def __init__(self, target: Target, interceptors: Sequence[Any]) -> None:
        self.channel = open_sync(target.endpoint, target.options, interceptors)
        self._target = target

    @functools.cached_property
    def for_streams(self) -> grpc.Channel:
        """With the plugin: a stream cannot be sent once more with another token."""
        target = self._target
        credentials = composed_credentials(target.endpoint, target.credentials, target.options)
        return grpc.secure_channel(target.endpoint.target, credentials, channel_arguments(target.options))

    def close(self) -> None:
        self.channel.close()
        if "for_streams" in vars(self):
            self.for_streams.close()


class SyncConnection:
    """The gRPC channels of one client, made when they are first used, and anew in a forked child."""

    def __init__(self, target: Target, interceptors: Sequence[Any] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._interceptors = tuple(interceptors)
        self._lock = threading.Lock()
        self._closed = False
        forget_at_fork(self)

    def bind(self) -> Binding:
        """The channels. Raises ClosedError."""
        with self._lock:
            if self._closed:
                raise closed()
            if self.current is None:
                self.current = Binding(self.target, self._interceptors)
            return self.current

    def close(self) -> None:
        """Ends the calls under way, and all later ones with ClosedError."""
        with self._lock:
            self._closed = True
            binding, self.current = self.current, None
        if binding is not None:
            binding.close()

    def forget_connections(self) -> None:
        keep_unclosed(self.current)
        self._lock, self.current = threading.Lock(), None


class AuthenticatedUnaryUnary(_MultiCallable):
    """A method of a stub. Its gRPC counterpart is made at the first call."""

    def __init__(self, connection: SyncConnection, fixed: Pairs, method: str, *arguments: Any) -> None:
        self._connection = connection
        self._target = connection.target
        self._fixed = fixed
        self._rpc = method.lstrip("/")
        self._arguments = (method, *arguments)
        self._bound: tuple[Binding | None, Any] = (None, None)

    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        options = (credentials, wait_for_ready, compression)
        return self._call(self._inner(), request, timeout, metadata, options)

    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        options = (credentials, wait_for_ready, compression)
        return self._call(self._inner().with_call, request, timeout, metadata, options)

    def future(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        """gRPC's own future. Waits here for a token if there is none; is not tried again if that is refused."""
        deadline, pairs, own = self._prepared(timeout, metadata, credentials)
        if not own:
            pairs = (*pairs, (AUTHORIZATION, self._token(deadline)))
        remaining = deadline - time.monotonic()
        return self._inner().future(request, remaining, pairs, credentials, wait_for_ready, compression)

    def _inner(self) -> Any:
        binding = self._connection.current or self._connection.bind()
        bound, inner = self._bound
        if bound is not binding:
            inner = binding.channel.unary_unary(*self._arguments)
            self._bound = (binding, inner)
        return inner

    def _prepared(
        self, timeout: float | None, metadata: Any, credentials: grpc.CallCredentials | None
    ) -> tuple[float, Pairs, bool]:
        """The deadline, the metadata but for the token, and whether the call brings its own."""
        deadline = time.monotonic() + (self._target.timeout if timeout is None else timeout)
        own = credentials is not None
        if metadata is None:
            return deadline, self._fixed, own
        pairs, has_authorization = merge(self._fixed, metadata)
        return deadline, pairs, own or has_authorization

    def _call(
        self, send: Callable[..., Any], request: Any, timeout: float | None, metadata: Any, options: _Options
    ) -> Any:
        deadline, pairs, own = self._prepared(timeout, metadata, options[0])
        header = "" if own else self._token(deadline)
        try:
            authorization = () if own else ((AUTHORIZATION, header),)
            return send(request, deadline - time.monotonic(), (*pairs, *authorization), *options)
        except grpc.RpcError as error:
            refusal = RpcError.of(error, self._rpc)
        cache = self._target.cache
        if own or refusal.code() is not _UNAUTHENTICATED or not cache.refused(header):
            raise refusal
        renewed = self._token(deadline)
        if renewed == header:
            raise refusal
        try:
            answer = send(request, deadline - time.monotonic(), (*pairs, (AUTHORIZATION, renewed)), *options)
        except grpc.RpcError as error:
            refusal = RpcError.of(error, self._rpc)
        else:
            cache.accepted(renewed)
            return answer
        if refusal.code() is not _UNAUTHENTICATED:
            cache.accepted(renewed)
        raise refusal

    def _token(self, deadline: float) -> str:
        cache = self._target.cache
        try:
            return cache.authorization() or cache.wait(deadline - time.monotonic())
        except TimeoutError:
            raise no_token_in_time(self._rpc) from None


class AuthenticatedChannel(grpc.Channel):
    """A `grpc.Channel` that any generated stub works on. `fixed` is metadata that every call carries."""

    def __init__(self, connection: SyncConnection, fixed: Pairs = ()) -> None:
        self._connection = connection
        self._fixed = fixed

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        _registered_method: bool | None = False,
    ) -> AuthenticatedUnaryUnary:
        return AuthenticatedUnaryUnary(
            self._connection,
            self._fixed,
            method,
            request_serializer,
            response_deserializer,
            _registered_method,
        )

    def unary_stream(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._stream("unary_stream", method, *arguments, **named)

    def stream_unary(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._stream("stream_unary", method, *arguments, **named)

    def stream_stream(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._stream("stream_stream", method, *arguments, **named)

    def _stream(self, kind: str, *arguments: Any, **named: Any) -> Callable[..., Any]:
        """A streaming method: gRPC's own, on a channel with the plugin; without default deadline, without second try."""

        def call(request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
            pairs, own = merge(self._fixed, metadata or ())
            if own:
                raise ConfigurationError(
                    "a streaming call brings its token by the plugin: leave authorization out"
                )
            method = getattr(self._connection.bind().for_streams, kind)(*arguments, **named)
            return method(request, timeout, pairs, **options)

        return call

    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        self._connection.bind().channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Any) -> None:
        self._connection.bind().channel.unsubscribe(callback)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
