"""Servers in place of ZITADEL, on real sockets, with or without TLS: they speak HTTP/2 as a test says, or
something else."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import trustme

from zitadel_grpc import ConnectionOptions

Headers = Sequence[tuple[str, str]]
Serve = Callable[[socket.socket], None]
_AT_MOST = 30.0  # seconds that a connection stays open if nobody closes it


@dataclass(frozen=True)
class Place:
    """Where a server listens, and the options that trust it."""

    port: int
    options: ConnectionOptions
    plaintext: bool

    @property
    def url(self) -> str:
        return f"{'http' if self.plaintext else 'https'}://127.0.0.1:{self.port}"


@contextmanager
def listening(
    serve: Serve,
    *,
    alpn: Sequence[str] | None = ("h2",),
    plaintext: bool = False,
    names: Sequence[str] = ("127.0.0.1",),
) -> Iterator[Place]:
    """Runs `serve` in a new thread for each connection; `alpn` are the protocols that TLS offers."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if alpn is not None:
        context.set_alpn_protocols(list(alpn))
    opened: list[socket.socket] = []

    def handle(connection: socket.socket) -> None:
        # The client may close the connection at any time.
        with contextlib.suppress(OSError, h2.exceptions.ProtocolError), connection:
            connection.settimeout(_AT_MOST)
            if plaintext:
                opened.append(connection)
                serve(connection)
                return
            with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
                opened.append(secured)
                secured.do_handshake()
                serve(secured)

    def accept() -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=handle, args=(connection,), daemon=True))
                threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            options = ConnectionOptions(root_certificates=authority.cert_pem.bytes())
            yield Place(listener.getsockname()[1], options, plaintext)
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept
    accepting.join(_AT_MOST)
    for connection in opened:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
    for thread in threads:
        thread.join(_AT_MOST)


def sends_response(
    headers: Headers, body: bytes = b"", *, trailers: Headers = (), reset: int | None = None
) -> Serve:
    """HTTP/2 that sends this response to each request; `reset` ends the stream with that error code."""

    def respond(connection: h2.connection.H2Connection, stream: int) -> None:
        last = not body and not trailers and reset is None
        if headers:
            connection.send_headers(stream, headers, end_stream=last)
        if body:
            connection.send_data(stream, body, end_stream=not trailers and reset is None)
        if trailers:
            connection.send_headers(stream, trailers, end_stream=True)
        elif reset is not None:
            connection.reset_stream(stream, reset)

    return speaks_h2(respond)


def speaks_h2(respond: Callable[[h2.connection.H2Connection, int], None]) -> Serve:
    """HTTP/2 that calls `respond` for each complete request."""

    def serve(stream: socket.socket) -> None:
        # Not validated: proxies also send what the protocol forbids.
        settings = h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8", validate_outbound_headers=False
        )
        connection = h2.connection.H2Connection(settings)
        connection.initiate_connection()
        stream.sendall(connection.data_to_send())
        while received := stream.recv(65536):
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.StreamEnded):
                    respond(connection, event.stream_id)
            stream.sendall(connection.data_to_send())

    return serve


def disconnects() -> Serve:
    """HTTP/2 that closes the connection when it has received a request."""

    def respond(connection: h2.connection.H2Connection, stream: int) -> None:
        raise ConnectionResetError

    return speaks_h2(respond)


def never_responds() -> Serve:
    """Reads until the client closes the connection, and sends nothing."""

    def serve(stream: socket.socket) -> None:
        while stream.recv(65536):
            pass

    return serve


def sends_bytes(raw: bytes) -> Serve:
    """Sends these bytes once the client has sent something, then closes the connection."""

    def serve(stream: socket.socket) -> None:
        stream.recv(65536)
        stream.sendall(raw)

    return serve
