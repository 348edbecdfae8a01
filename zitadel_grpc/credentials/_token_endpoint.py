"""Requests to an OAuth token endpoint (RFC 6749 §3.2): checks the response, and distinguishes refusals from
temporary failures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from zitadel_grpc import _http_headers, _tracing
from zitadel_grpc._errors.redaction import redact, secrets_of
from zitadel_grpc._errors.text import page_title
from zitadel_grpc._misplaced import is_number
from zitadel_grpc._options import header_pairs
from zitadel_grpc.credentials._echoed_secrets import printable, secret_forms
from zitadel_grpc.credentials._http import HttpResponse, send
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import ConfigurationError, CredentialsError, TokenEndpointError

_LIFETIME_LIMIT = 10 * 365 * 86400.0  # seconds; a longer lifetime is an error of the server
_SECRET_FIELDS = ("assertion", "client_assertion", "client_secret", "subject_token", "actor_token")
_TEMPORARY_ERRORS = frozenset({"server_error", "temporarily_unavailable", "slow_down"})
_WANTS_TLS = re.compile(rb"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server")
_WANTS_CERTIFICATE = re.compile(rb"No required SSL certificate was sent|The SSL certificate error")


class Refused(CredentialsError):
    """The token endpoint refused the request (RFC 6749 §5.2). `server_time` is the server's clock, Unix time
    in seconds, if it sent one."""

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
    context: RefreshContext,
    *,
    basic: str | None = None,
    secrets: Iterable[str] = (),
) -> Token:
    """Requests a token with `form` and the `Authorization` value `basic`. Errors contain no secrets of the
    request, and none of `secrets`, even if the server repeats them.

    Raises Refused, TokenEndpointError, or ConfigurationError for certificates that cannot be read.
    """
    url = server.token_endpoint
    basics = [basic, basic.removeprefix("Basic ")] if basic else []
    sent = [*secrets, *basics, *secrets_of(header_pairs(server.options))]
    hidden = secret_forms([*sent, *(form[name] for name in _SECRET_FIELDS if form.get(name))])
    if (span := _tracing.current_refresh()) is not None:
        address = urlsplit(url)
        span.requested(address.hostname, address.port or (443 if address.scheme == "https" else 80))
    response = send(server, url, context, hidden, form=form, basic=basic)
    if span is not None:
        span.responded(response.status)
    fields = _json_object(response.body)
    if response.status == 200:
        return _token(url, fields, _content_type(response, hidden))
    error = printable(fields.get("error"), hidden)
    description = printable(fields.get("error_description"), hidden)
    _raise_if_temporary(url, response, error, description)
    if 400 <= response.status < 500 and error:
        raise Refused(
            f"{url} refused: {error}" + (f", {description}" if description else ""),
            error=error,
            description=description,
            server_time=_http_headers.moment(response.headers.get("date")),
        )
    raise TokenEndpointError(
        f"{url} {_unexpected(response, hidden)}", status=response.status, retryable=False
    )


def discovered_issuer(server: TokenServer, context: RefreshContext) -> str | None:
    """The issuer that the token server publishes (OpenID Connect Discovery 1.0 §4); None if there is none."""
    url = urljoin(server.token_endpoint, "/.well-known/openid-configuration")
    try:
        response = send(server, url, context)
    except TokenEndpointError:
        return None
    return (
        printable(_json_object(response.body).get("issuer"), ()) or None if response.status == 200 else None
    )


def _raise_if_temporary(url: str, response: HttpResponse, error: str, description: str) -> None:
    status, headers = response.status, response.headers
    if status in (408, 429) or status >= 500 or error in _TEMPORARY_ERRORS:
        wait = _http_headers.retry_after(headers.get("retry-after"), headers.get("date"))
        details = f" {error}: {description}" if error else ""
        raise TokenEndpointError(f"{url} responded with {status}{details}", status=status, retry_after=wait)


def _unexpected(response: HttpResponse, hidden: list[str]) -> str:
    """What is wrong with a response that OAuth does not define, and what to do."""
    status, body = response.status, response.body
    if 300 <= status < 400:
        to = printable(_origin(response.headers.get("location", "")), hidden)
        return f"redirects{to} ({status}), which is not followed: use the address that it redirects to"
    if b"QUERY-1kIjX" in body or b"Instance not found" in body:
        return (
            f"responded with {status}: the server has no instance with this domain; use the domain of the "
            "instance, or ConnectionOptions(authority=…)"
        )
    content_type = _content_type(response, hidden)
    title = page_title(redact(hidden, body.decode(errors="replace")))
    advice = "check that this is the URL of ZITADEL, and not of a proxy"
    if _WANTS_TLS.search(body):
        advice = "the port speaks TLS: use https:// in the URL"
    elif _WANTS_CERTIFICATE.search(body):
        advice = "it requires a client certificate: ConnectionOptions(certificate_chain=…, private_key=…)"
    shown = f"{content_type}: {title}" if title else content_type
    return f"responded with {status} ({shown}) instead of an OAuth error: {advice}"


def _token(url: str, fields: Mapping[str, Any], content_type: str) -> Token:
    value, kind, lifetime = (fields.get(name) for name in ("access_token", "token_type", "expires_in"))
    problem = None
    if not fields:
        problem = f"with {content_type} instead of a JSON object: check that this is the URL of ZITADEL"
    elif not isinstance(value, str) or not value:
        problem = "without an access_token"
    elif not isinstance(kind, str) or kind.lower() != "bearer":
        problem = "with a token_type other than Bearer"
    elif not is_number(lifetime) or not 0 < lifetime <= _LIFETIME_LIMIT:
        problem = "with an expires_in that is not a valid number of seconds"
    else:
        try:
            return Token(value, float(lifetime))
        except ConfigurationError:
            problem = "with an access_token that cannot be sent in a header"
    raise TokenEndpointError(f"{url} responded with 200, but {problem}", status=200, retryable=False)


def _content_type(response: HttpResponse, hidden: list[str]) -> str:
    return printable(response.headers.get("content-type"), hidden) or "no content type"


def _origin(location: str) -> str:
    """` to https://host`, if it can be read. The path and query of a redirect may contain anything."""
    try:
        target = urlsplit(location)
    except ValueError:
        return ""
    return f" to {target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
