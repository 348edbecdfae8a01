"""What becomes of connections when the process forks (as gunicorn and multiprocessing do).

gRPC's synchronous part can be used in the child if no call was under way at the fork, with new connections.
The asyncio part cannot once a channel of it was open at the fork: its poller is a thread, which the child
lacks, and calls there would hang for ever. So channels of event loops that are closed are let go before the
fork, and if one is still open, the child's calls raise ClosedError.
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
    """Has connections."""

    def before_fork(self) -> None:
        """Lets go of the connections that nothing uses any more."""

    def forget_connections(self) -> object:
        """In the child: gives its connections away, untouched."""


_CALLS_END = 0.4  # seconds that a fork waits for calls under way, at most
_FORK_ENDS = 1.0  # seconds that a call waits for a fork, at most


class CallGate:
    """Synchronous calls inside gRPC. A child that is forked meanwhile inherits gRPC's locks and pollers in
    the middle of their work, and now and then aborts or hangs at its own calls. So a fork lets no call start
    and waits a moment for those under way; where some remain, the child's calls raise ClosedError."""

    def __init__(self) -> None:
        self._inside: collections.deque[None] = collections.deque()  # its methods are atomic and cheap
        self._opened = threading.Event()
        self._opened.set()

    def enter(self) -> None:
        """Before each call; `leave` has to follow."""
        self._inside.append(None)
        while not self._opened.is_set():
            self._inside.pop()
            in_time = self._opened.wait(_FORK_ENDS)
            self._inside.append(None)
            if not in_time:
                return

    def leave(self) -> None:
        self._inside.pop()

    def close(self) -> bool:
        """Before a fork. Returns whether no call is left inside."""
        self._opened.clear()
        deadline = time.monotonic() + _CALLS_END
        while self._inside and time.monotonic() < deadline:
            time.sleep(0.001)
        return not self._inside

    def open(self) -> None:
        """After a fork, in the parent."""
        self._opened.set()


calls = CallGate()
_calls_had_ended = True
_sync_is_lost = False
_connections: weakref.WeakSet[Forking] = weakref.WeakSet()
_aio_channels: weakref.WeakSet[grpc.aio.Channel] = weakref.WeakSet()
_aio_is_lost = False


def watch(connection: Forking) -> None:
    """Tells `connection` of each fork."""
    _connections.add(connection)


def watch_aio(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """Notes that `channel` is open."""
    _aio_channels.add(channel)
    return channel


def check_aio() -> None:
    """Raises ClosedError where grpc.aio cannot work since the process was forked while it was in use."""
    if _aio_is_lost:
        raise ClosedError(
            "this process was forked while an asyncio gRPC channel was open, and gRPC cannot go on in the "
            "child: fork before the first call, or start processes by 'spawn' or 'forkserver'"
        )


def check_sync() -> None:
    """Raises ClosedError where gRPC cannot work since the process was forked in the middle of calls."""
    if _sync_is_lost:
        raise ClosedError(
            "this process was forked while calls of a synchronous client were under way, and gRPC cannot be "
            "used in the child: fork when no call is under way, or start processes by 'spawn' or 'forkserver'"
        )


def _before() -> None:
    global _calls_had_ended
    _calls_had_ended = calls.close()
    for connection in list(_connections):
        connection.before_fork()


def _in_child() -> None:
    import ctypes

    global _aio_is_lost, _sync_is_lost, calls
    calls = CallGate()  # the threads whose calls it counted are gone
    _sync_is_lost = _sync_is_lost or not _calls_had_ended
    _aio_is_lost = _aio_is_lost or len(_aio_channels) > 0
    for lost in (*_aio_channels, *(connection.forget_connections() for connection in list(_connections))):
        # Never freed, not even at the interpreter's end: that would shut the parent's connections down, and
        # wait for threads that are not there.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(lost))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=lambda: calls.open(), after_in_child=_in_child)
