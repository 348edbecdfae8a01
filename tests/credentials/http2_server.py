"""A token endpoint that negotiates HTTP/2 by ALPN, as proxies do, and breaks it as a test requires."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

from tests.credentials.servers import token_response

Respond = Callable[[H2Connection, int], bytes | None]
"""To a request on a stream: through the connection, or with bytes as they are, and then hangs up;
None: it hangs up at once."""


def send_token(connection: H2Connection, stream: int) -> bytes | None:
    connection.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
    connection.send_data(stream, json.dumps(token_response("by-h2")).encode(), end_stream=True)
    return b""


class Http2Server:
    """Listens while the `with` block lasts. If `protocols` include HTTP/1.1, it responds to it with
    the token "by-http/1.1"."""

    def __init__(self, authority: trustme.CA, respond: Respond, protocols: list[str]) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._context)
        self._context.set_alpn_protocols(protocols)
        self._respond = respond
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        self.spoken: list[str | None] = []
        """What each connection agreed on."""
        self.headers: list[dict[str, str]] = []
        """Of requests by HTTP/2."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ProtocolError),
            raw,
            self._context.wrap_socket(raw, server_side=True) as secured,
        ):
            secured.settimeout(30)
            self.spoken.append(secured.selected_alpn_protocol())
            if self.spoken[-1] == "h2":
                self._speak_http2(secured)
            elif self.spoken[-1] == "http/1.1":
                self._speak_http1(secured)

    def _speak_http2(self, secured: ssl.SSLSocket) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        secured.sendall(connection.data_to_send())
        while received := secured.recv(65536):
            for event in connection.receive_data(received):
                if isinstance(event, RequestReceived):
                    self.headers.append({str(name): str(value) for name, value in event.headers or ()})
                if isinstance(event, StreamEnded):
                    raw = self._respond(connection, event.stream_id or 0)
                    if raw is not None:
                        secured.sendall(connection.data_to_send() + raw)
                    if raw != b"":
                        return
            secured.sendall(connection.data_to_send())

    def _speak_http1(self, secured: ssl.SSLSocket) -> None:
        with secured.makefile("rb") as reader:
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            reader.read(length)
        body = json.dumps(token_response("by-http/1.1")).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        secured.sendall(head.encode() + body)
