"""The gRPC channels of a synchronous client."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import grpc

from zitadel_grpc.credentials.waits import Waits, closed
from zitadel_grpc.options import Retries
from zitadel_grpc.transport import forking
from zitadel_grpc.transport.channels import open_sync
from zitadel_grpc.transport.connection import Counts, Target
from zitadel_grpc.transport.intercepted import SYNC_KINDS, as_tuple
from zitadel_grpc.transport.lines import Line
from zitadel_grpc.transport.plugin import composed_credentials
from zitadel_grpc.transport.requests import strict

_STREAMS = "streams"


class Binding:
    """The gRPC channels of one process."""

    def __init__(self, target: Target, interceptors: Sequence[Any]) -> None:
        self._target = target
        self._interceptors = interceptors
        self.methods: dict[tuple[Any, ...], Any] = {}
        self.lines: dict[str, Line] = {}
        """By what they send again, and `_STREAMS`."""
        self._replaced: weakref.WeakSet[grpc.Channel] = weakref.WeakSet()
        """For which there is another, while calls use them."""
        self._shared = True
        self._lock = threading.RLock()
        self.line(target.options.retries)

    def method(self, retries: Retries, arguments: tuple[Any, ...]) -> Any:
        """gRPC's own counterpart of a stub's method."""
        method, serializer, *more = arguments
        serializer = strict(serializer, method.lstrip("/"), more[0])
        with self._lock:
            made = self.line(retries).channel.unary_unary(method, serializer, *more)
            self.methods[retries, *arguments] = made
            return made

    def line(self, name: str) -> Line:
        with self._lock:
            if (line := self.lines.get(name)) is None:
                target = self._target
                streams = name == _STREAMS
                credentials = composed_credentials(target) if streams else None
                retries: Retries = "none" if streams else cast(Retries, name)
                channel = open_sync(
                    target.endpoint,
                    target.options,
                    self._interceptors,
                    credentials,
                    retries,
                    shared=self._shared,
                )
                line = self.lines[name] = Line(channel, replaces=not self._shared)
            return line

    def ended(self, name: str, line: Line, sent: float, code: grpc.StatusCode) -> None:
        """Notes how a call over `line` ended that was sent at `sent`. If that shows that the connection is
        dead, the next call uses another."""
        if code is not grpc.StatusCode.DEADLINE_EXCEEDED:
            if code is not grpc.StatusCode.CANCELLED:
                line.heard = time.monotonic()
            return
        with self._lock:
            if self.lines.get(name) is line and line.is_dead(sent):
                del self.lines[name]
                for key in [key for key in self.methods if key[0] == name]:
                    del self.methods[key]
                self._replaced.add(line.channel)
                self._shared = False  # else gRPC would give the new channel the same connection

    @property
    def channel(self) -> grpc.Channel:
        channel: grpc.Channel = self.line(self._target.options.retries).channel
        return channel

    @property
    def for_streams(self) -> grpc.Channel:
        channel: grpc.Channel = self.line(_STREAMS).channel
        return channel

    def close(self) -> None:
        with self._lock:
            channels = {line.channel for line in self.lines.values()} | set(self._replaced)
        for channel in channels:
            channel.close()


class SyncConnection:
    """The gRPC channels of one client, made when they are first used, and anew in a forked child."""

    def __init__(self, target: Target, interceptors: Sequence[Any] = ()) -> None:
        self.target = target
        self.current: Binding | None = None
        self._interceptors = as_tuple(interceptors, SYNC_KINDS)
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
                forking.check_sync()
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
