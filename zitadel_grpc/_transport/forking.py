"""What happens to connections when the process forks, as gunicorn and multiprocessing do.

The synchronous part of gRPC works in the child, with new connections, if no call was in progress at the fork.
The asyncio part does not work in the child if one of its channels was open at the fork: its poller is a
thread, which the child does not have, and calls would hang forever. So channels of closed event loops are
released before the fork, and if another one is open, calls in the child raise ClosedError.
"""

from __future__ import annotations

import collections
import os
import threading
import time
import weakref
from typing import Protocol

import grpc.aio

from zitadel_grpc.errors import ClosedError


class Forking(Protocol):
    """An object with connections."""

    def before_fork(self) -> None:
        """Releases the connections that nothing uses any more."""

    def forget_connections(self) -> object:
        """In the child: gives up its connections without closing them, and returns them."""


_LONGEST_WAIT_FOR_CALLS = 0.4  # seconds that a fork waits for calls in progress
_LONGEST_WAIT_FOR_FORK = 1.0  # seconds that a call waits for a fork


class CallGate:
    """Counts the synchronous calls that are inside gRPC. A child that is forked during a call inherits gRPC's
    locks and pollers in the middle of their work, and may abort or hang at its own calls. So a fork stops new
    calls and waits briefly for those in progress. If some remain, calls in the child raise ClosedError."""

    def __init__(self) -> None:
        # Its length is the number of calls. Unlike `+=`, the methods of a deque are atomic.
        self._inside: collections.deque[None] = collections.deque()
        self._opened = threading.Event()
        self._opened.set()

    def enter(self) -> None:
        """Called before each call; `leave` must follow."""
        self._inside.append(None)
        while not self._opened.is_set():
            self._inside.pop()
            in_time = self._opened.wait(_LONGEST_WAIT_FOR_FORK)
            self._inside.append(None)
            if not in_time:
                return

    def leave(self) -> None:
        self._inside.pop()

    def close(self) -> bool:
        """Called before a fork. Returns whether all calls have left."""
        self._opened.clear()
        deadline = time.monotonic() + _LONGEST_WAIT_FOR_CALLS
        while self._inside and time.monotonic() < deadline:
            time.sleep(0.001)
        return not self._inside

    def open(self) -> None:
        """Called after a fork, in the parent."""
        self._opened.set()


calls = CallGate()
_calls_had_ended = True
_sync_is_lost = False
_connections: weakref.WeakSet[Forking] = weakref.WeakSet()
_aio_channels: weakref.WeakSet[grpc.aio.Channel] = weakref.WeakSet()
_aio_is_lost = False


def watch(connection: Forking) -> None:
    """Notifies `connection` of each fork."""
    _connections.add(connection)


def watch_aio(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """Registers `channel` as open."""
    _aio_channels.add(channel)
    return channel


def check_aio() -> None:
    """Raises ClosedError if grpc.aio cannot work because this process was forked while it was in use."""
    if _aio_is_lost:
        raise ClosedError(
            "grpc.aio cannot be used in this process: it was forked while an asyncio gRPC channel was open. "
            "Fork before the first call, or start processes with 'spawn' or 'forkserver'."
        )


def check_sync() -> None:
    """Raises ClosedError if gRPC cannot work because this process was forked during calls."""
    if _sync_is_lost:
        raise ClosedError(
            "gRPC cannot be used in this process: it was forked during a call of a synchronous client. Fork "
            "when no call is in progress, or start processes with 'spawn' or 'forkserver'."
        )


def _before() -> None:
    global _calls_had_ended
    _calls_had_ended = calls.close()
    for connection in list(_connections):
        connection.before_fork()


def _in_child() -> None:
    import ctypes

    global _aio_is_lost, _sync_is_lost, calls
    calls = CallGate()  # the threads that made the counted calls do not exist here
    _sync_is_lost = _sync_is_lost or not _calls_had_ended
    _aio_is_lost = _aio_is_lost or len(_aio_channels) > 0
    for lost in (*_aio_channels, *(connection.forget_connections() for connection in list(_connections))):
        # Never freed, not even when the interpreter exits: freeing would shut down the parent's connections
        # and wait for threads that do not exist here.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(lost))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=lambda: calls.open(), after_in_child=_in_child)
