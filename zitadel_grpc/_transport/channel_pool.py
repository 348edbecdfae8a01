"""Detects and replaces dead connections, such as those that a firewall dropped silently.

Without this, every call on such a connection would wait until its deadline. Pings cannot detect it: ZITADEL
closes connections that ping more often than every 5 minutes. So the outcome of calls has to show it.
"""

from __future__ import annotations

import abc
import math
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import grpc

from zitadel_grpc._deprecation import warns
from zitadel_grpc._options import Retries
from zitadel_grpc._transport.requests import strict
from zitadel_grpc._transport.target import Target

STREAMS = "streams"
_NEVER = -math.inf
_CLIENT_DEADLINE = "Deadline Exceeded"  # gRPC's own text; a DEADLINE_EXCEEDED from the server has another
_MAYBE_NO_RESPONSE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
"""Status codes that gRPC's client also creates without a response."""
_HANDSHAKE = 0.9  # seconds; a new connection may be silent for that long
_SHORTEST = 0.2  # seconds; shorter silence means a short deadline, not a dead connection


class MonitoredChannel:
    """A gRPC channel with its own connection, and when something was last received over it. Calls hold a
    reference to it: a replaced channel is closed when no call uses it."""

    __slots__ = ("__weakref__", "_silent_since", "channel", "last_received")

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.last_received = self._silent_since = _NEVER

    def is_dead(self, code: Any, details: str | None, sent: float, now: float | None = None) -> bool:
        """Records how a call that was sent at `sent` (`time.monotonic`) ended. Returns whether the connection
        is dead, so that the next call needs another one."""
        now = time.monotonic() if now is None else now
        if code is not grpc.StatusCode.DEADLINE_EXCEEDED or details != _CLIENT_DEADLINE:
            if code not in _MAYBE_NO_RESPONSE:
                self.last_received = now
            return False
        if self.last_received > sent:
            return False
        earlier = self._silent_since
        self._silent_since = min(earlier, sent) if earlier > self.last_received else sent
        return now - self._silent_since >= (_HANDSHAKE if self.last_received == _NEVER else _SHORTEST)


class Counts:
    """The number of calls, and of retries by this package."""

    __slots__ = ("calls", "retries")

    def __init__(self, calls: int = 0, retries: int = 0) -> None:
        self.calls = calls
        self.retries = retries

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.calls + other.calls, self.retries + other.retries)


class FixedPool:
    """The pool for a single channel that is never replaced."""

    warns_deprecated = False

    def __init__(self, channel: Any) -> None:
        self._monitored = MonitoredChannel(channel)

    def get(self, name: str | None = None) -> MonitoredChannel:
        return self._monitored

    def ended(self, monitored: MonitoredChannel, code: Any, details: str | None, sent: float) -> None:
        pass


class ChannelPool(abc.ABC):
    """The gRPC channels of a client, in one process or event loop."""

    def __init__(
        self, target: Target, open_channel: Callable[[grpc.ChannelCredentials | None, Retries], Any]
    ) -> None:
        self.methods: dict[tuple[Any, ...], tuple[Any, MonitoredChannel]] = {}
        """gRPC's own method for each method of a stub, with the channel that it uses."""
        self.warns_deprecated = warns(target.options)
        self._target = target
        self._open = open_channel
        self._by_name: dict[str, MonitoredChannel] = {}
        """By their `retries`, or `STREAMS`."""
        self._lock = threading.RLock()
        self.get()

    def get(self, name: str | None = None) -> MonitoredChannel:
        """The channel for calls whose `retries` are `name` (default: those of the options), or, if `name` is
        `STREAMS`, for streams that need a token."""
        name = self._target.options.retries if name is None else name
        with self._lock:
            if (monitored := self._by_name.get(name)) is None:
                if name == STREAMS:
                    # Imported here: few use streams.
                    from zitadel_grpc._transport.plugin import composed_credentials

                    channel = self._open(composed_credentials(self._target), "none")
                else:
                    channel = self._open(None, cast(Retries, name))
                monitored = self._by_name[name] = MonitoredChannel(channel)
            return monitored

    def method(self, retries: Retries, arguments: tuple[Any, ...]) -> tuple[Any, MonitoredChannel]:
        """Creates an entry of `methods`."""
        method, serializer, *more = arguments
        serializer = strict(serializer, method.lstrip("/"), more[0])
        with self._lock:
            monitored = self.get(retries)
            made = monitored.channel.unary_unary(method, serializer, *more), monitored
            self.methods[retries, *arguments] = made
            return made

    def ended(self, monitored: MonitoredChannel, code: Any, details: str | None, sent: float) -> None:
        """Records how a call over `monitored` that was sent at `sent` ended. If that shows a dead connection,
        the channel is replaced, and so are other channels that have received nothing since `sent`."""
        if not monitored.is_dead(code, details, sent):
            return
        with self._lock:
            if monitored not in self._by_name.values():
                return  # another call has replaced it
            for name, other in list(self._by_name.items()):
                if other is monitored or other.last_received <= sent:
                    del self._by_name[name]
                    for key in [key for key in self.methods if key[0] == name]:
                        del self.methods[key]
                    self.retire(other)

    @abc.abstractmethod
    def retire(self, monitored: MonitoredChannel) -> None:
        """Called when `monitored` is replaced. Closes it when no call uses it any more, or with the
        client."""

    @property
    def channels(self) -> list[Any]:
        """The channels that the next call may use."""
        with self._lock:
            return [monitored.channel for monitored in self._by_name.values()]
