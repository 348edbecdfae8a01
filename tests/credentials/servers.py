"""A real HTTPS server whose responses a test chooses, including some that ZITADEL never sends."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl

import trustme

_AT_MOST = 30.0  # seconds after which an endless response ends, if the client does not disconnect


@dataclass(frozen=True)
class Received:
    """A request as the server received it. Header names are lowercase."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


class Exchange:
    """One request, and the means to respond to it."""

    def __init__(self, received: Received, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        self.received = received
        self._handler = handler
        self._stopped = stopped

    def respond(self, status: int, body: bytes | Mapping[str, Any] = b"", **headers: str) -> None:
        """Names of `headers` have underscores for dashes. A mapping as body is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        if not isinstance(body, bytes):
            headers.setdefault("content_type", "application/json")
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("content-length", str(len(content)))
        self._handler.end_headers()
        self._handler.wfile.write(content)

    def send(self, raw: bytes) -> None:
        """Raw bytes, in place of a response."""
        self._handler.wfile.write(raw)

    def dribble(self, raw: bytes, then: bytes) -> None:
        """Sends `raw`, then the bytes of `then` one by one, again and again until the client disconnects."""
        self.send(raw)
        for _ in range(int(_AT_MOST / 0.05)):
            for byte in then:
                if self._stopped.wait(0.05):
                    return
                self.send(bytes([byte]))

    def never_respond(self) -> None:
        """Keeps the connection open until the end of the test."""
        self._stopped.wait(_AT_MOST)


Respond = Callable[[Exchange], None]


class Server:
    """Listens on 127.0.0.1 while its `with` block runs. Without a `context` it speaks plaintext."""

    def __init__(self, respond: Respond, context: ssl.SSLContext | None) -> None:
        self.requests: list[Received] = []
        self.asked_names: list[str | None] = []
        """The TLS names (SNI) that clients asked for."""
        self._stopped = threading.Event()
        server, stopped = self, self._stopped

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                form = dict(parse_qsl(body.decode(), keep_blank_values=True))
                server.requests.append(Received(self.command, self.path, headers, form))
                respond(Exchange(server.requests[-1], self, stopped))

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def finish_request(self, request: Any, client_address: Any) -> None:
                if context is None:
                    super().finish_request(request, client_address)
                    return
                with context.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # clients that disconnect, or do not trust the certificate

        if context is not None:
            context.sni_callback = lambda _, name, __: self.asked_names.append(name)
        self._listener = Listener(("127.0.0.1", 0), Handler)
        scheme = "http" if context is None else "https"
        self.port: int = self._listener.server_address[1]
        self.url = f"{scheme}://localhost:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._listener.shutdown()
        self._listener.server_close()


class Serve(Protocol):
    """Starts a server that runs until the end of the test.

    `names` are the names in its certificate. `issuer` signs the certificate, by default the CA of
    `trusting`. With `client_ca`, the server requires a client certificate of that CA.
    """

    def __call__(
        self,
        respond: Respond,
        *,
        tls: bool = True,
        names: tuple[str, ...] = ("localhost",),
        issuer: trustme.CA | None = None,
        client_ca: trustme.CA | None = None,
    ) -> Server: ...


def token_response(token: str = "a-token", expires_in: object = 3600, **more: Any) -> dict[str, Any]:
    """The body of a valid response."""
    return {"access_token": token, "token_type": "Bearer", "expires_in": expires_in, **more}


def issue_tokens(expires_in: float = 3600) -> Respond:
    """Responds with token-1, token-2, …"""
    lock, given = threading.Lock(), [0]

    def respond(exchange: Exchange) -> None:
        with lock:
            given[0] += 1
            number = given[0]
        exchange.respond(200, token_response(f"token-{number}", expires_in))

    return respond
