"""RefreshContext: the deadline and the event loop of one refresh, as passed to `fetch_token`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from concurrent.futures import Future


class RefreshContext:
    """One refresh: its deadline (by `time.monotonic`), and the event loop of the call that started it."""

    def __init__(self, deadline: float, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.deadline = deadline
        self.loop = loop
        self.loop_blocked: Future[None] = Future()
        """Done once a synchronous call on `loop` waits for this refresh, so that the loop cannot run."""
        self._sockets: list[socket.socket] = []

    def remaining(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def shut_down_on_abandon(self, connection: socket.socket) -> None:
        """Shuts `connection` down when the refresh is abandoned."""
        self._sockets.append(connection)

    def abandon(self) -> None:
        """Ends reads that continue after the deadline. A socket's own timeout limits only a single read, and
        a server that sends one byte per second never exceeds it."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it drops the TLS state that the reading thread still uses.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
