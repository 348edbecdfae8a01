"""The async client's channel: each call carries the cached token as plain metadata.

Not as call credentials: gRPC starts a thread for each call of a channel with a plugin (1.4 times the CPU of a
call), and reports what the plugin raises as UNAVAILABLE, which retries then repeat.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from typing import Any, Self

import grpc
import grpc.aio

from zitadel_grpc.options import Retries
from zitadel_grpc.transport import forking
from zitadel_grpc.transport.call import AuthenticatedCall
from zitadel_grpc.transport.channels import open_async
from zitadel_grpc.transport.connection import Counts, Target, closed, refuse_faults
from zitadel_grpc.transport.metadata import Pairs, merge
from zitadel_grpc.transport.plugin import composed_credentials
from zitadel_grpc.transport.streams import StreamingMethod
from zitadel_grpc.transport.traced import TracedCall


class Binding:
    """The gRPC channels of one event loop, and what goes on there."""

    def __init__(self, target: Target, loop: asyncio.AbstractEventLoop, interceptors: Sequence[Any]) -> None:
        self.loop = loop
        self.channel = open_async(target.endpoint, target.options, interceptors, None, target.options.retries)
        self.methods: dict[tuple[Any, ...], grpc.aio.UnaryUnaryMultiCallable[Any, Any]] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        """Of calls that wait: for a token, or to be sent again."""
        self.counts = Counts()
        self._channels = {target.options.retries: self.channel}
        self._target = target
        self._interceptors = interceptors

    def method(self, retries: Retries, arguments: tuple[Any, ...]) -> Any:
        """gRPC's own counterpart of a stub's method, made anew."""
        if retries not in self._channels:
            target = self._target
            self._channels[retries] = open_async(
                target.endpoint, target.options, self._interceptors, None, retries
            )
        return self._channels[retries].unary_unary(*arguments)

    @functools.cached_property
    def for_streams(self) -> grpc.aio.Channel:
        target = self._target
        return open_async(target.endpoint, target.options, self._interceptors, composed_credentials(target))

    async def close(self, grace: float | None) -> None:
        await asyncio.gather(*(channel.close(grace) for channel in self._channels.values()))
        for task in self.tasks:
            task.cancel()
        if "for_streams" in vars(self):
            await self.for_streams.close(grace)


class AsyncConnection:
    """The gRPC channels of one client: one per event loop, made in the loop that first uses it."""

    def __init__(self, target: Target, interceptors: Sequence[grpc.aio.ClientInterceptor] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._bindings: dict[asyncio.AbstractEventLoop, Binding] = {}
        self._interceptors = tuple(interceptors)
        self._lock = threading.Lock()
        self._closed = False
        self._past = Counts()
        """Of loops that are closed."""
        forking.watch(self)

    def counts(self) -> Counts:
        with self._lock:
            return sum((binding.counts for binding in self._bindings.values()), self._past)

    def bind(self) -> Binding:
        """The running loop's binding. Raises ClosedError, and RuntimeError where no loop runs."""
        loop = get_running_loop()
        with self._lock:  # of two threads, one may close what the other opens
            if self._closed:
                raise closed()
            binding = self._bindings.get(loop)
            if binding is None:
                self.before_fork()
                binding = self._bindings[loop] = Binding(self.target, loop, self._interceptors)
            self.current = binding
            return binding

    async def close(self, grace: float | None = None) -> None:
        """Ends calls under way after `grace` seconds (None: at once), and all later ones with ClosedError.
        What other running event loops use is closed there, and not waited for."""
        with self._lock:
            self._closed = True
            self._past = sum((binding.counts for binding in self._bindings.values()), self._past)
            bindings, self._bindings, self.current = self._bindings, {}, None
        here = bindings.pop(get_running_loop(), None)
        for loop, binding in bindings.items():
            if loop.is_running():
                closing = binding.close(grace)
                try:
                    asyncio.run_coroutine_threadsafe(closing, loop)
                except RuntimeError:  # closed meanwhile
                    closing.close()
        if here is not None:
            await here.close(grace)

    def before_fork(self) -> None:
        """Lets go of the channels of closed loops."""
        self.current = None
        for loop in list(self._bindings):
            if loop.is_closed() and (binding := self._bindings.pop(loop, None)):
                self._past += binding.counts

    def forget_connections(self) -> object:
        bindings, self._bindings, self.current = self._bindings, {}, None
        self._lock = threading.Lock()  # a thread of the parent may have held it
        return bindings


class AuthenticatedUnaryUnary(grpc.aio.UnaryUnaryMultiCallable[Any, Any]):
    """A method of a stub. Its gRPC counterpart is made at the first call: a stub has hundreds, a program uses
    few."""

    def __init__(
        self, connection: AsyncConnection, fixed: Pairs, retries: Retries, arguments: tuple[Any, ...]
    ) -> None:
        self._connection = connection
        self._target = connection.target
        self._fixed = fixed
        self._retries: Retries = retries
        self._arguments = arguments
        self._key = (retries, *arguments)
        self.rpc = arguments[0].lstrip("/")

    def of_view(self, fixed: Pairs, retries: Retries) -> AuthenticatedUnaryUnary:
        """This method for a view of the client."""
        return AuthenticatedUnaryUnary(self._connection, fixed, retries, self._arguments)

    def described(self) -> tuple[str, Any]:
        """The RPC's full name, and an empty answer of its kind."""
        return self.rpc, self._arguments[2](b"")

    # The hot path: this method, AuthenticatedCall.__init__ and its __await__ are all that a call costs over
    # gRPC's own.
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
        method = binding.methods.get(self._key)
        if method is None:
            method = binding.methods[self._key] = binding.method(self._retries, self._arguments)
        if self._target.validate:
            refuse_faults(request, self.rpc)
        binding.counts.calls += 1
        pairs, own = self._fixed, credentials is not None
        if metadata is not None:
            pairs, has_authorization = merge(pairs, metadata)
            own = own or has_authorization
        make: Callable[..., AuthenticatedCall[Any, Any]] = AuthenticatedCall
        if (span := self._target.start_span(self.rpc)) is not None:
            make, pairs = functools.partial(TracedCall, span), span.propagated(pairs)
        return make(
            method,
            request,
            rpc=self.rpc,
            cache=None if own else self._target.cache,
            retries=self._retries,
            timeout=self._target.timeout if timeout is None else timeout,
            pairs=pairs,
            options={
                "credentials": credentials,
                "wait_for_ready": wait_for_ready,
                "compression": compression,
            },
            tasks=binding.tasks,
            counts=binding.counts,
        )


class AuthenticatedChannel(grpc.aio.Channel):
    """A `grpc.aio.Channel` that any generated stub works on. `fixed` is metadata that every call carries,
    `retries` says which are sent again."""

    def __init__(self, connection: AsyncConnection, fixed: Pairs, retries: Retries) -> None:
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
