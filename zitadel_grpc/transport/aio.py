"""The async client's channel: each call carries the cached token as plain metadata.

Not as call credentials: gRPC starts a thread for each call of a channel with a plugin (1.4 times the CPU of a call),
and reports what the plugin raises as UNAVAILABLE, which retries then repeat.
"""

from __future__ import annotations

import asyncio
import functools
from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from typing import Any, Self

import grpc
import grpc.aio

from zitadel_grpc.errors import ConfigurationError
from zitadel_grpc.transport.call import AuthenticatedCall
from zitadel_grpc.transport.channels import channel_arguments, open_async
from zitadel_grpc.transport.connection import Target, closed, forget_at_fork, keep_unclosed
from zitadel_grpc.transport.metadata import Pairs, merge
from zitadel_grpc.transport.plugin import composed_credentials


class Binding:
    """The gRPC channels of one event loop."""

    def __init__(self, target: Target, loop: asyncio.AbstractEventLoop, interceptors: Sequence[Any]) -> None:
        self.loop = loop
        self.channel = open_async(target.endpoint, target.options, interceptors)
        self._target = target
        self._interceptors = interceptors

    @functools.cached_property
    def for_streams(self) -> grpc.aio.Channel:
        """With the plugin: a stream cannot wait for its token before it begins. ZITADEL has none, other stubs may."""
        target = self._target
        credentials = composed_credentials(target.endpoint, target.credentials, target.options)
        return grpc.aio.secure_channel(
            target.endpoint.target,
            credentials,
            channel_arguments(target.options),
            interceptors=self._interceptors,
        )

    async def close(self, grace: float | None) -> None:
        await self.channel.close(grace)
        if "for_streams" in vars(self):
            await self.for_streams.close(grace)


class AsyncConnection:
    """The gRPC channels of one client: one per event loop, made in the loop that first uses it."""

    def __init__(self, target: Target, interceptors: Sequence[grpc.aio.ClientInterceptor] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._bindings: dict[asyncio.AbstractEventLoop, Binding] = {}
        self._interceptors = tuple(interceptors)
        self._closed = False
        forget_at_fork(self)

    def bind(self) -> Binding:
        """The running loop's binding. Raises ClosedError, and RuntimeError where no loop runs."""
        if self._closed:
            raise closed()
        loop = get_running_loop()
        binding = self._bindings.get(loop)
        if binding is None:
            for ended in [known for known in list(self._bindings) if known.is_closed()]:
                self._bindings.pop(ended, None)
            binding = self._bindings[loop] = Binding(self.target, loop, self._interceptors)
        self.current = binding
        return binding

    async def close(self, grace: float | None = None) -> None:
        """Ends calls under way after `grace` seconds (None: at once), and all later ones with ClosedError."""
        self._closed = True
        bindings, self._bindings, self.current = self._bindings, {}, None
        here = get_running_loop()
        for loop, binding in bindings.items():
            if loop is here:
                await binding.close(grace)
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(binding.close(grace), loop)

    def forget_connections(self) -> None:
        keep_unclosed(self._bindings)
        self._bindings, self.current = {}, None


class AuthenticatedUnaryUnary(grpc.aio.UnaryUnaryMultiCallable[Any, Any]):
    """A method of a stub. Its gRPC counterpart is made at the first call: a stub has hundreds, a program uses few."""

    def __init__(self, connection: AsyncConnection, fixed: Pairs, method: str, *arguments: Any) -> None:
        self._connection = connection
        self._target = connection.target
        self._fixed = fixed
        self._rpc = method.lstrip("/")
        self._arguments = (method, *arguments)
        self._bound: tuple[Binding | None, Any] = (None, None)

    # The hot path: this method, AuthenticatedCall.__init__ and its __await__ are all that a call costs over gRPC's own.
    def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> AuthenticatedCall[Any, Any]:
        binding = self._connection.current
        if binding is None or binding.loop is not get_running_loop():
            binding = self._connection.bind()
        bound, inner = self._bound
        if bound is not binding:
            inner = binding.channel.unary_unary(*self._arguments)
            self._bound = (binding, inner)
        pairs, own = self._fixed, credentials is not None
        if metadata is not None:
            pairs, has_authorization = merge(pairs, metadata)
            own = own or has_authorization
        return AuthenticatedCall(
            inner,
            request,
            rpc=self._rpc,
            cache=None if own else self._target.cache,
            timeout=self._target.timeout if timeout is None else timeout,
            pairs=pairs,
            options={
                "credentials": credentials,
                "wait_for_ready": wait_for_ready,
                "compression": compression,
            },
        )


class AuthenticatedChannel(grpc.aio.Channel):
    """A `grpc.aio.Channel` that any generated stub works on. `fixed` is metadata that every call carries."""

    def __init__(self, connection: AsyncConnection, fixed: Pairs = ()) -> None:
        self._connection = connection
        self._fixed = fixed

    def unary_unary(self, method: str, *arguments: Any, **named: Any) -> AuthenticatedUnaryUnary:
        return AuthenticatedUnaryUnary(self._connection, self._fixed, method, *_in_order(*arguments, **named))

    def unary_stream(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._stream("unary_stream", method, *arguments, **named)

    def stream_unary(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._stream("stream_unary", method, *arguments, **named)

    def stream_stream(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._stream("stream_stream", method, *arguments, **named)

    def _stream(self, kind: str, *arguments: Any, **named: Any) -> Callable[..., Any]:
        """A streaming method: gRPC's own, on a channel with the plugin; without default deadline, without second try."""

        def call(*given: Any, metadata: Any = None, **options: Any) -> Any:
            pairs, own = merge(self._fixed, metadata or ())
            if own:
                raise ConfigurationError(
                    "a streaming call brings its token by the plugin: leave authorization out"
                )
            channel = self._connection.bind().for_streams
            return getattr(channel, kind)(*arguments, **named)(*given, metadata=pairs, **options)

        return call

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._connection.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._connection.bind().channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._connection.bind().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._connection.bind().channel.channel_ready()


def _in_order(
    request_serializer: Any = None, response_deserializer: Any = None, _registered_method: bool | None = False
) -> tuple[Any, ...]:
    return request_serializer, response_deserializer, _registered_method
