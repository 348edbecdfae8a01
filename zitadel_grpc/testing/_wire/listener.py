"""Accepts TLS connections and speaks the HTTP version that ALPN (RFC 7301) negotiated."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from typing import cast

from zitadel_grpc.testing._wire.http1 import Http1Connection
from zitadel_grpc.testing._wire.http2 import Http2Connection
from zitadel_grpc.testing._wire.messages import Handler

_log = logging.getLogger("zitadel_grpc.testing")

_BACKLOG = 1024
_HANDSHAKE_TIMEOUT = 10.0
_STOP_TIMEOUT = 0.25  # short, so that a peer that ignores TLS's close_notify does not slow down each test
_FREE_PORT_ATTEMPTS = 20


class Listener:
    """Listens on the loopback interface: 127.0.0.1, and ::1 if the machine has IPv6."""

    def __init__(self, handler: Handler, context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(["h2", "http/1.1"])
        self._handler = handler
        self._context = context
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._serving: set[asyncio.Task[None]] = set()
        self.connections: set[_Connection] = set()

    def bind(self, port: int) -> int:
        """Binds `port`, or a free one for 0, and returns it. Raises OSError if it is in use."""
        self._sockets = _bind_free_port() if port == 0 else _bind(port)
        bound: int = self._sockets[0].getsockname()[1]
        return bound

    def start(self) -> None:
        self._accepting = [asyncio.create_task(self._accept(sock)) for sock in self._sockets]

    async def stop(self) -> None:
        """Closes everything, and aborts connections that do not close in time."""
        for task in self._accepting:
            task.cancel()
        for sock in self._sockets:
            sock.close()
        for connection in tuple(self.connections):
            connection.go_away()
        waiting = {*self._accepting, *self._serving}
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=_STOP_TIMEOUT)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.sleep(0)  # lets the loop close the aborted transports

    def drop_connections(self) -> None:
        """Aborts every connection, as a broken network does."""
        for connection in tuple(self.connections):
            connection.transport.abort()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                _log.warning("cannot accept a connection: %s", error)
                await asyncio.sleep(0.1)
                continue
            task = asyncio.create_task(self._serve(accepted))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

    async def _serve(self, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the peer may have disconnected
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(self._handler)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=_HANDSHAKE_TIMEOUT,
                ssl_shutdown_timeout=_STOP_TIMEOUT,
            )
        except OSError:
            return  # not TLS, or the client does not trust the certificate; the client reports it
        self.connections.add(connection)
        try:
            await connection.closed.wait()
        finally:
            self.connections.discard(connection)
            connection.transport.abort()


class _Connection(asyncio.Protocol):
    """Forwards all events to the class of the negotiated HTTP version."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._version: Http1Connection | Http2Connection
        self.transport: asyncio.Transport
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked with isinstance: uvloop's TLS transport is not a subclass of asyncio.Transport.
        self.transport = cast(asyncio.Transport, transport)
        chosen = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        self._version = (Http2Connection if chosen == "h2" else Http1Connection)(self._handler)
        self._version.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._version.data_received(data)

    def pause_writing(self) -> None:
        self._version.pause_writing()

    def resume_writing(self) -> None:
        self._version.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._version.connection_lost(exc)
        self.closed.set()

    def go_away(self) -> None:
        self._version.go_away()


def _bind_free_port() -> list[socket.socket]:
    for _ in range(_FREE_PORT_ATTEMPTS):
        with contextlib.suppress(OSError):  # free on 127.0.0.1, but in use on ::1
            return _bind(0)
    raise OSError(errno.EADDRINUSE, "no port is free on both 127.0.0.1 and ::1")


def _bind(port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError:
                continue  # the kernel has no IPv6
            sockets.append(sock)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((host, port or (sockets[0].getsockname()[1] if len(sockets) > 1 else 0)))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL or len(sockets) == 1:
                    raise
                sockets.pop().close()  # IPv6 is turned off
                continue
            sock.listen(_BACKLOG)
    except OSError:
        for sock in sockets:
            sock.close()
        raise
    return sockets
