"""RefreshContext: what credentials know about the refresh that they fetch a token for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from concurrent.futures import Future
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RefreshContext:
    """One refresh: its deadline (by `time.monotonic`), and the event loop of the call that started it."""

    deadline: float
    loop: asyncio.AbstractEventLoop | None = None
    loop_blocked: Future[None] = field(default_factory=Future, init=False, repr=False, compare=False)
    """Done once a synchronous call on `loop` waits for this refresh: the loop cannot run until it ends."""
    _sockets: list[socket.socket] = field(default_factory=list, init=False, repr=False, compare=False)

    def remaining(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def shut_down_on_abandon(self, connection: socket.socket) -> None:
        """Shuts `connection` down when the refresh is abandoned."""
        self._sockets.append(connection)

    def abandon(self) -> None:
        """Ends reads that go on after the deadline. A socket's own timeout limits only a single read, and a
        server that sends one byte per second never exceeds it."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it drops the TLS state that the reading thread still uses.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
