"""A TCP relay on loopback that drops a connection silently, as firewalls do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Relay:
    """Forwards connections to `port` until they are frozen: from then on, their data is lost."""

    def __init__(self, listener: socket.socket, port: int) -> None:
        self.url = f"https://localhost:{listener.getsockname()[1]}"
        self.accepted = 0
        self.closed = 0
        """How many connections the client closed, including frozen ones."""
        self.lost = 0
        """How many pieces were sent into frozen connections."""
        self.refuses = False
        """Whether new connections are frozen from their start."""
        self._port = port
        self._listener = listener
        self._frozen: list[threading.Event] = []
        self._opened: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def freeze(self) -> None:
        for frozen in self._frozen:
            frozen.set()

    def close(self) -> None:
        for used in (self._listener, *self._opened):
            with contextlib.suppress(OSError):
                used.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        for used in self._opened:
            used.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                inside, _ = self._listener.accept()
                outside = socket.create_connection(("localhost", self._port))
                self.accepted += 1
                self._opened += [inside, outside]
                self._frozen.append(frozen := threading.Event())
                if self.refuses:
                    frozen.set()
                threading.Thread(target=self._sent, args=(inside, outside, frozen), daemon=True).start()
                threading.Thread(target=self._pump, args=(outside, inside, frozen), daemon=True).start()

    def _sent(self, *way: Any) -> None:
        self._pump(*way)
        self.closed += 1

    def _pump(self, source: socket.socket, target: socket.socket, frozen: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while received := source.recv(65536):
                if frozen.is_set():
                    self.lost += 1
                else:
                    target.sendall(received)


@contextmanager
def relaying(port: int) -> Iterator[Relay]:
    with socket.create_server(("localhost", 0)) as listener:
        relay = Relay(listener, port)
        try:
            yield relay
        finally:
            relay.close()
