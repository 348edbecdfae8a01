"""The gRPC channels of a synchronous client."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import grpc

from zitadel_grpc.credentials.waits import Waits, closed
from zitadel_grpc.options import Retries
from zitadel_grpc.transport import forking
from zitadel_grpc.transport.channels import open_sync
from zitadel_grpc.transport.connection import Counts, Target
from zitadel_grpc.transport.plugin import composed_credentials
from zitadel_grpc.transport.requests import strict


class Binding:
    """The gRPC channels of one process."""

    def __init__(self, target: Target, interceptors: Sequence[Any]) -> None:
        self.channel = open_sync(target.endpoint, target.options, interceptors, None, target.options.retries)
        self.methods: dict[tuple[Any, ...], Any] = {}
        self._channels = {target.options.retries: self.channel}
        self._lock = threading.Lock()
        self._target = target
        self._interceptors = interceptors

    def method(self, retries: Retries, arguments: tuple[Any, ...]) -> Any:
        """gRPC's own counterpart of a stub's method."""
        method, serializer, *more = arguments
        with self._lock:
            if retries not in self._channels:
                target = self._target
                self._channels[retries] = open_sync(
                    target.endpoint, target.options, self._interceptors, None, retries
                )
            return self._channels[retries].unary_unary(method, strict(serializer), *more)

    @functools.cached_property
    def for_streams(self) -> grpc.Channel:
        target = self._target
        return open_sync(target.endpoint, target.options, self._interceptors, composed_credentials(target))

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()
        if "for_streams" in vars(self):
            self.for_streams.close()


class SyncConnection:
    """The gRPC channels of one client, made when they are first used, and anew in a forked child."""

    def __init__(self, target: Target, interceptors: Sequence[Any] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._interceptors = tuple(interceptors)
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
            return replace(self._counts)

    def bind(self) -> Binding:
        """The channels. Raises ClosedError."""
        with self._lock:
            if self.waits.closed:
                raise closed()
            if self.current is None:
                self.current = Binding(self.target, self._interceptors)
            return self.current

    def close(self) -> None:
        """Ends the calls under way, and all later ones with ClosedError."""
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
