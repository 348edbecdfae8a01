"""The gRPC channels of an async client: each event loop has its own."""

from __future__ import annotations

import asyncio
import threading
import weakref
from asyncio import get_running_loop
from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc._options import Retries
from zitadel_grpc._transport import forking
from zitadel_grpc._transport.arguments import ASYNC_KINDS, check_grace, interceptors_tuple
from zitadel_grpc._transport.channel_pool import ChannelPool, Counts, MonitoredChannel
from zitadel_grpc._transport.channels import open_async
from zitadel_grpc._transport.target import Target
from zitadel_grpc.credentials._waits import Waits, closed_error


class Binding(ChannelPool):
    """The gRPC channels of one event loop, and the calls in progress there."""

    def __init__(self, target: Target, loop: asyncio.AbstractEventLoop, interceptors: Sequence[Any]) -> None:
        self.loop = loop
        self.tasks: set[asyncio.Task[Any]] = set()
        """Of calls that wait for a token or for a retry."""
        self.counts = Counts()

        def open_channel(credentials: grpc.ChannelCredentials | None, retries: Retries) -> grpc.aio.Channel:
            return open_async(target.endpoint, target.options, interceptors, credentials, retries)

        self._replaced: weakref.WeakSet[grpc.aio.Channel] = weakref.WeakSet()
        super().__init__(target, open_channel)

    def retire(self, monitored: MonitoredChannel) -> None:
        self._replaced.add(monitored.channel)  # closes itself when nothing refers to it

    async def close(self, grace: float | None) -> None:
        channels = {*self.channels, *self._replaced}
        await asyncio.gather(*(channel.close(grace) for channel in channels))


class AsyncConnection:
    """The gRPC channels of one client: one set per event loop, created when the loop first uses it."""

    def __init__(self, target: Target, interceptors: Sequence[grpc.aio.ClientInterceptor] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._bindings: dict[asyncio.AbstractEventLoop, Binding] = {}
        self._interceptors = interceptors_tuple(interceptors, ASYNC_KINDS)
        self.is_intercepted = bool(self._interceptors)
        self._lock = threading.Lock()
        self.waits = Waits()
        self._past = Counts()
        """The counts of closed loops."""
        forking.watch(self)

    def counts(self) -> Counts:
        with self._lock:
            return sum((binding.counts for binding in self._bindings.values()), self._past)

    def bind(self) -> Binding:
        """The running loop's binding. Raises ClosedError, or RuntimeError if no loop is running."""
        loop = get_running_loop()
        with self._lock:  # one thread may close the client while another one opens a channel
            if self.waits.is_closed:
                raise closed_error()
            binding = self._bindings.get(loop)
            if binding is None:
                self.before_fork()
                binding = self._bindings[loop] = Binding(self.target, loop, self._interceptors)
            self.current = binding
            return binding

    async def close(self, grace: float | None = None) -> None:
        """Cancels calls in progress after `grace` seconds (None: immediately). Later calls raise ClosedError.
        Channels of other running event loops are closed in those loops, which this method does not wait for.
        Raises ConfigurationError for an invalid `grace`."""
        check_grace(grace)
        with self._lock:
            self.waits.close()
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
        """Releases the channels of closed loops."""
        self.current = None
        for loop in list(self._bindings):
            if loop.is_closed() and (binding := self._bindings.pop(loop, None)):
                self._past += binding.counts

    def forget_connections(self) -> object:
        bindings, self._bindings, self.current = self._bindings, {}, None
        self._lock = threading.Lock()  # a thread of the parent may have held it
        self.waits.forget_threads()
        return bindings
