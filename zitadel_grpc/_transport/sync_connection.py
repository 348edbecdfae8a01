"""The gRPC channels of a synchronous client."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import Any

import grpc

from zitadel_grpc._options import Retries
from zitadel_grpc._transport import forking
from zitadel_grpc._transport.arguments import SYNC_KINDS, interceptors_tuple
from zitadel_grpc._transport.channel_pool import ChannelPool, Counts, MonitoredChannel
from zitadel_grpc._transport.channels import open_sync
from zitadel_grpc._transport.target import Target
from zitadel_grpc.credentials._waits import Waits, closed_error


class Binding(ChannelPool):
    """The gRPC channels of one process."""

    def __init__(self, target: Target, interceptors: Sequence[Any]) -> None:
        def open_channel(credentials: grpc.ChannelCredentials | None, retries: Retries) -> grpc.Channel:
            self._close_unused()
            return open_sync(target.endpoint, target.options, interceptors, credentials, retries)

        self._replaced: list[tuple[weakref.ref[MonitoredChannel], grpc.Channel]] = []
        super().__init__(target, open_channel)

    def retire(self, monitored: MonitoredChannel) -> None:
        self._replaced.append((weakref.ref(monitored), monitored.channel))

    def _close_unused(self) -> None:
        """Closes replaced channels that no call uses. gRPC keeps the sockets of a channel until it is
        closed, even if nothing refers to it."""
        replaced, self._replaced = self._replaced, []
        for monitored, channel in replaced:
            if monitored() is None:
                channel.close()
            else:
                self._replaced.append((monitored, channel))

    def close(self) -> None:
        with self._lock:
            channels = [*self.channels, *(channel for _, channel in self._replaced)]
        for channel in channels:
            channel.close()


class SyncConnection:
    """The gRPC channels of one client, created at the first call, and again in a forked child."""

    def __init__(self, target: Target, interceptors: Sequence[Any] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._interceptors = interceptors_tuple(interceptors, SYNC_KINDS)
        self.is_intercepted = bool(self._interceptors)
        self._lock = threading.Lock()
        self.waits = Waits()
        self._counts = Counts()
        forking.watch(self)

    def count(self, *, calls: int = 0, retries: int = 0) -> None:
        with self._lock:
            self._counts.calls += calls
            self._counts.retries += retries

    def counts(self) -> Counts:
        with self._lock:
            return Counts() + self._counts

    def bind(self) -> Binding:
        """The channels. Raises ClosedError."""
        with self._lock:
            if self.waits.is_closed:
                raise closed_error()
            if self.current is None:
                forking.check_sync()
                self.current = Binding(self.target, self._interceptors)
            return self.current

    def close(self) -> None:
        """Cancels the calls in progress. Later calls raise ClosedError."""
        with self._lock:
            self.waits.close()
            binding, self.current = self.current, None
        if binding is not None:
            binding.close()

    def before_fork(self) -> None:
        pass

    def forget_connections(self) -> object:
        binding, self.current = self.current, None
        self._lock = threading.Lock()  # a thread of the parent may have held it
        self.waits.forget_threads()
        return binding
