"""An HTTP proxy (RFC 9110 §9.3.6: CONNECT) on loopback, which records its requests."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_AT_MOST = 30.0  # seconds; the longest life of a tunnel


@dataclass
class Proxy:
    port: int
    tunnels: list[str] = field(default_factory=list)
    """The `host:port` of each."""
    authorizations: list[str] = field(default_factory=list)
    """The `proxy-authorization` of each request, empty if it had none."""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@contextmanager
def proxying() -> Iterator[Proxy]:
    """Lets every tunnel through."""
    opened: list[socket.socket] = []
    with socket.create_server(("localhost", 0)) as listener:
        proxy = Proxy(listener.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):  # the listener was closed
                while True:
                    connection, _ = listener.accept()
                    opened.append(connection)
                    threading.Thread(target=tunnel, args=(connection,), daemon=True).start()

        def tunnel(inside: socket.socket) -> None:
            with contextlib.suppress(OSError), inside:
                inside.settimeout(_AT_MOST)
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += inside.recv(1)
                first, *headers = head.decode().split("\r\n")
                named = dict(header.lower().split(": ", 1) for header in headers if header)
                host, _, port = first.split()[1].rpartition(":")
                proxy.tunnels.append(f"{host}:{port}")
                proxy.authorizations.append(named.get("proxy-authorization", ""))
                with socket.create_connection((host, int(port)), timeout=_AT_MOST) as outside:
                    opened.append(outside)
                    inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    back = threading.Thread(target=pump, args=(outside, inside), daemon=True)
                    back.start()
                    pump(inside, outside)
                    back.join(_AT_MOST)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            for used in (listener, *opened):
                with contextlib.suppress(OSError):
                    used.shutdown(socket.SHUT_RDWR)
            accepting.join(_AT_MOST)


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
