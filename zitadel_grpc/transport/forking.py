"""What becomes of connections when the process forks (as gunicorn and multiprocessing do).

gRPC's synchronous part lives on in the child if it makes its connections anew. The asyncio part does not,
once a channel of it was open at the fork: its poller is a thread, which the child lacks, and calls there
would hang for ever. So channels of event loops that are closed are let go before the fork, and if one is
still open, the child is told with an error.
"""

from __future__ import annotations

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


_STARTED = 0.02  # seconds in which a call that was let through has taken and freed gRPC's locks


def _open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


may_start = _open_gate()
"""Cleared while the process forks: a child that inherits a lock of gRPC's from a thread that starts a call
would crash or hang."""
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


def _before() -> None:
    may_start.clear()
    if _connections:  # of any client: one that has no channel may be making it
        time.sleep(_STARTED)
    for connection in list(_connections):
        connection.before_fork()


def _in_child() -> None:
    import ctypes

    global _aio_is_lost, may_start
    may_start = _open_gate()  # a thread of the parent may have held the other's lock
    _aio_is_lost = _aio_is_lost or len(_aio_channels) > 0
    for lost in (*_aio_channels, *(connection.forget_connections() for connection in list(_connections))):
        # Never freed, not even at the interpreter's end: that would shut the parent's connections down, and
        # wait for threads that are not there.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(lost))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=lambda: may_start.set(), after_in_child=_in_child)
