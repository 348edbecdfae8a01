"""One HTTP request to the token server, within the time that a refresh has left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from zitadel_grpc import _trust
from zitadel_grpc._options import header_pairs
from zitadel_grpc._version import http_user_agent
from zitadel_grpc.credentials._echoed_secrets import printable
from zitadel_grpc.credentials._header_logs import UNLOGGED
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.credentials._workers import NO_FORK
from zitadel_grpc.errors import TokenEndpointError

_BODY_LIMIT = 1 << 20  # bytes
# The first text found in an error of TLS, and what to do. A retry does not help.
_TLS_ADVICE = {
    "Hostname mismatch": "set ConnectionOptions(authority=…) to the name in its certificate",
    "IP address mismatch": "set ConnectionOptions(authority=…) to the name in its certificate",
    "certificate has expired": "the server's certificate has expired, or this machine's clock is wrong",
    "certificate is not yet valid": "the certificate is not valid yet, or this machine's clock is wrong",
    "CERTIFICATE_VERIFY_FAILED": "check that its CA is in ConnectionOptions(root_certificates=…).",
    "CERTIFICATE_REQUIRED": (
        "it requires a client certificate: ConnectionOptions(certificate_chain=…, private_key=…)"
    ),
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port: use http://, or another port",
    "record layer failure": "the server does not speak TLS on this port: use http://, or another port",
    # The alert that TLS servers send in response to plaintext (RFC 8446 §6).
    r"bytearray(b'\x15\x03": "the server speaks TLS on this port: use https://",
}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response. Its body is cut after 1 MiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    server: TokenServer,
    url: str,
    context: RefreshContext,
    hidden: Iterable[str] = (),
    *,
    form: Mapping[str, str] | None = None,
    basic: str | None = None,
    http2_error: str | None = None,
) -> HttpResponse:
    """Sends a POST of `form`, or a GET. Uses HTTP/2 if the server chooses it by ALPN. If HTTP/2 fails, it
    uses HTTP/1.1, and `http2_error` is the error of HTTP/2.

    Raises TokenEndpointError without the texts in `hidden`, or ConfigurationError for certificates that
    cannot be read.
    """
    # No compression: a small response could decompress to any size.
    headers = [
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", http_user_agent(server.options.user_agent_suffix)),
        *header_pairs(server.options),
    ]
    with NO_FORK:
        # Imported here: it takes about 100 ms, which programs with a static token never need.
        import encodings.idna  # noqa: F401  # the first lookup of a name would import it

        import httpx2

        verify = _trust.ssl_context(server.options)
        client = httpx2.Client(
            verify=verify,
            http2=url.startswith("https:") and http2_error is None,
            timeout=max(context.remaining(), 0.001),
            follow_redirects=False,
            proxy=server.options.proxy or None,
            trust_env=False,  # calls must use the same proxy: see `_proxies`
        )

    through = f" through {server.via}" if server.via else ""
    speaks_http2 = False

    def trace(event: str, info: Mapping[str, Any]) -> None:
        nonlocal speaks_http2
        speaks_http2 = speaks_http2 or event.startswith("http2.")
        step, state = event.split(".")[-2:]
        if step in ("connect_tcp", "start_tls"):  # the former looks up the host: libc's resolver has locks
            NO_FORK.begin_handshake() if state == "started" else NO_FORK.end_handshake()
        if step in ("connect_tcp", "start_tls") and state == "complete":
            context.shut_down_on_abandon(info["return_value"].get_extra_info("socket"))

    extensions: dict[str, Any] = {"trace": trace}
    if basic:
        headers.append(("authorization", basic))
    if server.host:
        headers.append(("host", server.host))
        extensions["sni_hostname"] = urlsplit(f"//{server.host}").hostname
    try:
        with (
            UNLOGGED,
            client,
            client.stream(
                "GET" if form is None else "POST", url, data=form, headers=headers, extensions=extensions
            ) as response,
        ):
            body = b""
            for part in response.iter_raw():
                body += part
                if len(body) > _BODY_LIMIT:
                    break
            return HttpResponse(response.status_code, response.headers, body)
    except httpx2.TimeoutException:
        failure = f"{url} did not respond in time{through} (token_timeout {server.options.token_timeout:g} s)"
        retryable = True
    except Exception as error:
        if not speaks_http2 and not isinstance(error, httpx2.TransportError):
            raise  # not an HTTP error; for HTTP/2 the library also raises errors of h2
        message = printable(str(error).rstrip(".") or type(error).__name__, hidden)
        connected = not isinstance(error, httpx2.ConnectError)
        advice, retryable = _advice(str(error), url, server, connected=connected)
        failure = f"{url} cannot be reached{through}: {message}" + (f": {advice}" if advice else "")
        if http2_error is not None:
            failure += f" (over HTTP/1.1, after HTTP/2 failed: {http2_error})"
        if speaks_http2:
            http2_error = message
    if speaks_http2 and http2_error is not None:
        return send(server, url, context, hidden, form=form, basic=basic, http2_error=http2_error)
    # Raised outside of `except`: the HTTP library's exceptions contain the request, and so the secret.
    raise TokenEndpointError(failure, retryable=retryable)


def _advice(message: str, url: str, server: TokenServer, *, connected: bool) -> tuple[str, bool]:
    """Advice about the failure that `message` describes (empty if there is none), and whether a retry may
    help."""
    for part, advice in _TLS_ADVICE.items():
        if part in message:
            if "root_certificates" in advice:
                advice += f" The CAs in use come from {_trust.source(server.options)}"
            return advice, False
    if url.startswith("http:") and connected:
        return "if the server requires TLS, the URL must start with https://", True
    if "Connection refused" in message:
        return "nothing listens on this port: check the host and port of the URL or of the proxy", True
    if (
        "Name or service not known" in message
        or "nodename nor servname" in message
        or "getaddrinfo" in message
    ):
        return "the host name cannot be resolved: check it, and this machine's DNS", True
    if "UNEXPECTED_EOF" in message:
        return "the TLS handshake was cut off: if this port does not speak TLS, use http://", True
    return "", True
