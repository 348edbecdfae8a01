"""One request to an OAuth endpoint (RFC 6749 §3.2), its answer checked, lasting failures told from others."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from zitadel_grpc import _http_headers, _tracing, _trust
from zitadel_grpc._errors.redaction import redact, secrets_of
from zitadel_grpc._errors.text import page_title
from zitadel_grpc._misplaced import is_number
from zitadel_grpc._version import http_user_agent
from zitadel_grpc.credentials._base import RefreshContext, Token, TokenServer
from zitadel_grpc.credentials._header_logs import UNLOGGED
from zitadel_grpc.credentials._workers import NO_FORK
from zitadel_grpc.errors import ConfigurationError, CredentialsError, TokenEndpointError

_BODY_LIMIT = 1 << 20  # bytes
_LIFE_LIMIT = 10 * 365 * 86400.0  # seconds; what says more is broken
_TEXT_LIMIT = 300
_SECRET_FIELDS = ("assertion", "client_assertion", "client_secret", "subject_token", "actor_token")
_PASSING_ERRORS = frozenset({"server_error", "temporarily_unavailable", "slow_down"})
# What TLS says, and what would help; the first that is found. Asking again does not.
_TLS_ADVICE = {
    "Hostname mismatch": "ConnectionOptions(authority=…) gives the name that its certificate is for",
    "IP address mismatch": "ConnectionOptions(authority=…) gives the name that its certificate is for",
    "certificate has expired": "the server's certificate has expired, or this machine's clock is wrong",
    "certificate is not yet valid": "the certificate is not valid yet, or this machine's clock is wrong",
    "CERTIFICATE_VERIFY_FAILED": "is its CA among ConnectionOptions(root_certificates=…)?",
    "CERTIFICATE_REQUIRED": "it wants a client's, ConnectionOptions(certificate_chain=…, private_key=…)",
    "WRONG_VERSION_NUMBER": "what listens there does not speak TLS: use http://, or another port",
    "record layer failure": "what listens there does not speak TLS: use http://, or another port",
    # What TLS servers say to plaintext: an alert (RFC 8446 §6).
    r"bytearray(b'\x15\x03": "what listens there speaks TLS: use https://",
}
_WANTS_TLS = re.compile(rb"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server")
_WANTS_CERTIFICATE = re.compile(rb"No required SSL certificate was sent|The SSL certificate error")


class Refused(CredentialsError):
    """The token endpoint's refusal (RFC 6749 §5.2), with its clock: Unix time in seconds, if it said so."""

    def __init__(
        self,
        message: str,
        *,
        error: str | None = None,
        description: str = "",
        server_time: float | None = None,
    ) -> None:
        super().__init__(message, error=error)
        self.description = description
        self.server_time = server_time


def request_token(
    server: TokenServer,
    form: Mapping[str, str],
    refresh: RefreshContext,
    *,
    basic: str | None = None,
    secrets: Iterable[str] = (),
) -> Token:
    """Asks for a token with `form` and, if given, the `Authorization` value `basic`. What was sent in
    confidence, and `secrets`, are taken out of the errors, should the server repeat them.

    Raises Refused, TokenEndpointError, or ConfigurationError for certificates that cannot be read.
    """
    url = server.token_endpoint
    basics = [basic, basic.removeprefix("Basic ")] if basic else []
    sent = [*secrets, *basics, *secrets_of(server.options.header_pairs)]
    hidden = _disguises([*sent, *(form[name] for name in _SECRET_FIELDS if form.get(name))])
    if (span := _tracing.current_refresh()) is not None:
        asked = urlsplit(url)
        span.asks(asked.hostname, asked.port or (443 if asked.scheme == "https" else 80))
    status, headers, body = _ask(server, url, refresh, hidden, form=form, basic=basic)
    if span is not None:
        span.answered(status)
    answer = _json_object(body)
    content_type = _printable(headers.get("content-type"), hidden) or "no content type"
    if status == 200:
        return _token(url, answer, content_type)
    description = _printable(answer.get("error_description"), hidden)
    error = _printable(answer.get("error"), hidden)
    if status in (408, 429) or status >= 500 or error in _PASSING_ERRORS:
        said = f" {error}: {description}" if error else ""
        wait = _http_headers.retry_after(headers.get("retry-after"), headers.get("date"))
        raise TokenEndpointError(f"{url} answered {status}{said}", status=status, retry_after=wait)
    if 400 <= status < 500 and error:
        raise Refused(
            f"{url} refused: {error}" + (f", {description}" if description else ""),
            error=error,
            description=description,
            server_time=_http_headers.moment(headers.get("date")),
        )
    if 300 <= status < 400:
        to = _printable(_origin(headers.get("location", "")), hidden)
        fault = f"redirects{to} ({status}), which is not followed: give the address that it redirects to"
    elif b"QUERY-1kIjX" in body or b"Instance not found" in body:
        fault = (
            f"answered {status}: this server has no instance of that name; use the instance's own domain, or "
            "ConnectionOptions(authority=…)"
        )
    else:
        title = page_title(redact(list(hidden), body.decode(errors="replace")))
        said = f"{content_type}: {title}" if title else content_type
        advice = "is this ZITADEL, or a proxy in its way?"
        if _WANTS_TLS.search(body):
            advice = "the port speaks TLS: use https:// in the URL"
        elif _WANTS_CERTIFICATE.search(body):
            advice = "it wants a client's certificate: ConnectionOptions(certificate_chain=…, private_key=…)"
        fault = f"answered {status} ({said}) and no OAuth error: {advice}"
    raise TokenEndpointError(f"{url} {fault}", status=status, retryable=False)


def discovered_issuer(server: TokenServer, refresh: RefreshContext) -> str | None:
    """How the token server calls itself (OpenID Connect Discovery 1.0 §4), None if it does not say so."""
    url = urljoin(server.token_endpoint, "/.well-known/openid-configuration")
    try:
        status, _, body = _ask(server, url, refresh, ())
    except TokenEndpointError:
        return None
    return _printable(_json_object(body).get("issuer"), ()) or None if status == 200 else None


def _ask(
    server: TokenServer,
    url: str,
    refresh: RefreshContext,
    hidden: Iterable[str],
    *,
    form: Mapping[str, str] | None = None,
    basic: str | None = None,
    http2_error: str | None = None,
) -> tuple[int, Mapping[str, str], bytes]:
    """The answer to a POST of `form`, or to a GET. By HTTP/2 if the server chooses it by ALPN, unless
    `http2_error` tells how it failed already."""
    # Compressed, a small answer could unpack to any size.
    headers = [
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", http_user_agent(server.options.user_agent_suffix)),
        *server.options.header_pairs,
    ]
    with NO_FORK:
        # Here, not above: it takes about 100 ms, which programs with a static token never need.
        import encodings.idna  # noqa: F401  # needed by the first look-up of a name

        import httpx2

        verify = _trust.ssl_context(server.options)
        client = httpx2.Client(
            verify=verify,
            http2=url.startswith("https:") and http2_error is None,
            timeout=max(refresh.remaining(), 0.001),
            follow_redirects=False,
            proxy=server.options.proxy or None,
            trust_env=False,  # calls must go the same way: see `proxies`
        )

    way = f" through {server.via}" if server.via else ""
    speaks_http2 = False

    def trace(event: str, info: Mapping[str, Any]) -> None:
        nonlocal speaks_http2
        speaks_http2 = speaks_http2 or event.startswith("http2.")
        step, state = event.split(".")[-2:]
        if step == "start_tls":
            NO_FORK.begin_handshake() if state == "started" else NO_FORK.end_handshake()
        if step in ("connect_tcp", "start_tls") and state == "complete":
            refresh.uses(info["return_value"].get_extra_info("socket"))

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
            return response.status_code, response.headers, body
    except httpx2.TimeoutException:
        failure = f"{url} did not answer in time{way} (token_timeout {server.options.token_timeout:g} s)"
        retryable = True
    except Exception as error:
        if not speaks_http2 and not isinstance(error, httpx2.TransportError):
            raise  # of HTTP/2 the library passes on errors of h2 as they are
        said = _printable(str(error).rstrip(".") or type(error).__name__, hidden)
        connected = not isinstance(error, httpx2.ConnectError)
        advice, retryable = _advice(str(error), url, server, connected=connected)
        failure = f"{url} cannot be reached{way}: {said}" + (f": {advice}" if advice else "")
        if http2_error is not None:
            failure += f" (by HTTP/1.1; HTTP/2 failed before: {http2_error})"
        if speaks_http2:
            http2_error = said
    if speaks_http2 and http2_error is not None:
        return _ask(server, url, refresh, hidden, form=form, basic=basic, http2_error=http2_error)
    # Raised here, outside of `except`: the HTTP library's exceptions hold the request, and that the secret.
    raise TokenEndpointError(failure, retryable=retryable)


def _advice(said: str, url: str, server: TokenServer, *, connected: bool) -> tuple[str, bool]:
    """What would help against the failure that `said` describes, empty if nothing is known; and whether
    asking again may help."""
    for part, advice in _TLS_ADVICE.items():
        if part in said:
            if "root_certificates" in advice:
                advice += f" The CAs in use are those of {_trust.source(server.options)}"
            return advice, False
    if url.startswith("http:") and connected:
        return "does the server want TLS? Then the URL must start with https://", True
    if "Connection refused" in said:
        return "nothing listens there: check the host and the port of the URL, or of the proxy", True
    if "Name or service not known" in said or "nodename nor servname" in said or "getaddrinfo" in said:
        return "the host name cannot be resolved: check it, and this machine's DNS", True
    if "UNEXPECTED_EOF" in said:
        return "the TLS handshake was cut off: does this port speak TLS? If not, use http://", True
    return "", True


def _token(url: str, answer: Mapping[str, Any], content_type: str) -> Token:
    value, kind, life = (answer.get(name) for name in ("access_token", "token_type", "expires_in"))
    fault = None
    if not answer:
        fault = f"200 with {content_type} instead of a JSON object: is this ZITADEL's address?"
    elif not isinstance(value, str) or not value:
        fault = "200 without an access_token"
    elif not isinstance(kind, str) or kind.lower() != "bearer":
        fault = "200 with a token that is not of token_type Bearer"
    elif not is_number(life) or not 0 < life <= _LIFE_LIMIT:
        fault = "200 with an expires_in that is not a sensible number of seconds"
    else:
        try:
            return Token(value, float(life))
        except ConfigurationError:
            fault = "200 with an access_token that cannot be sent in a header"
    raise TokenEndpointError(f"{url} answered {fault}", status=200, retryable=False)


def _origin(location: str) -> str:
    """` to https://host`, as far as that can be read; a redirect may carry anything in its path and query."""
    try:
        target = urlsplit(location)
    except ValueError:
        return ""
    return f" to {target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _disguises(secrets: Iterable[str]) -> list[str]:
    """The secrets, and the forms in which an error may repeat them; longer ones first, as they nest."""
    found = set()
    for secret in secrets:
        packed = secret.encode()
        encoded = (base64.b64encode(packed), base64.urlsafe_b64encode(packed))
        found |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
        found |= {text.decode().rstrip("=") for text in encoded}
    return sorted(found, key=len, reverse=True)


def _printable(text: object, hidden: Iterable[str]) -> str:
    """A server's text, fit for an error: bounded, on one line, and without `hidden`."""
    shown = text if isinstance(text, str) else ""
    for secret in hidden:
        shown = shown.replace(secret, "…")
    return "".join(c if c.isprintable() else " " for c in shown[:_TEXT_LIMIT])
