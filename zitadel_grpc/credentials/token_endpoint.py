"""One request to an OAuth endpoint (RFC 6749 §3.2), its answer checked, its failures sorted into lasting and passing."""

from __future__ import annotations

import email.utils
import json
import math
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from zitadel_grpc import trust
from zitadel_grpc.credentials.base import Refresh, Token, TokenServer
from zitadel_grpc.errors import ConfigurationError, CredentialsError, TokenEndpointError

_BODY_LIMIT = 1 << 20  # bytes
_LIFE_LIMIT = 10 * 365 * 86400.0  # seconds; what says more is broken
_TEXT_LIMIT = 300
_PASSING_ERRORS = frozenset({"server_error", "temporarily_unavailable", "slow_down"})
# Said of a secret that was made a moment ago, until the write is seen; said for good of one that was removed.
_NOT_SEEN_YET = "Errors.User.Machine.Secret.NotExisting"


class Refused(CredentialsError):
    """The token endpoint's refusal (RFC 6749 §5.2), with its clock: Unix time in seconds, None if it did not say."""

    def __init__(self, message: str, *, error: str, server_time: float | None = None) -> None:
        super().__init__(message, error=error)
        self.server_time = server_time


def request_token(
    server: TokenServer, form: Mapping[str, str], refresh: Refresh, *, basic: str | None = None
) -> Token:
    """Asks for a token with `form` and, if given, the `Authorization` value `basic`.

    Raises Refused, TokenEndpointError, or ConfigurationError for certificates that cannot be read.
    """
    url, secrets = server.token_endpoint, [*_secret_values(form), *([basic] if basic else ())]
    status, headers, body = _post(server, form, basic, refresh)
    answer = _json_object(body)
    if status == 200:
        return _token(url, answer, headers.get("content-type", ""))
    description = _printable(answer.get("error_description"), secrets)
    error = _printable(answer.get("error"), secrets)
    if status in (408, 429) or status >= 500 or error in _PASSING_ERRORS or description == _NOT_SEEN_YET:
        said = f" {error}: {description}" if error else ""
        raise TokenEndpointError(f"{url} answered {status}{said}", retry_after=_retry_after(headers))
    if 400 <= status < 500 and error:
        raise Refused(
            f"{url} refused: {error}" + (f", {description}" if description else ""),
            error=error,
            server_time=_date(headers),
        )
    raise TokenEndpointError(_unexpected(url, status, headers, body), retryable=False)


def _post(
    server: TokenServer, form: Mapping[str, str], basic: str | None, refresh: Refresh
) -> tuple[int, Mapping[str, str], bytes]:
    import httpx2  # here, not above: it takes about 100 ms, which programs with a static token never need

    url = server.token_endpoint
    headers = {"accept": "application/json", **dict(server.options.header_pairs)}
    extensions: dict[str, Any] = {}
    if basic:
        headers["authorization"] = basic
    if server.host:
        headers["host"] = server.host
        extensions["sni_hostname"] = urlsplit(f"//{server.host}").hostname
    try:
        with (
            httpx2.Client(
                verify=trust.ssl_context(server.options),
                timeout=max(refresh.remaining(), 0.001),
                follow_redirects=False,
            ) as client,
            client.stream("POST", url, data=form, headers=headers, extensions=extensions) as response,
        ):
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > _BODY_LIMIT or not refresh.remaining():
                    break
            return response.status_code, response.headers, body
    except httpx2.TimeoutException:
        failure = f"{url} did not answer in time (token_timeout {server.options.token_timeout:g} s)"
        retryable = True
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        mend = ": is its CA among ConnectionOptions(root_certificates=…)?" if untrusted else ""
        failure, retryable = f"{url} cannot be reached: {error or type(error).__name__}{mend}", not untrusted
    except httpx2.InvalidURL as error:
        raise ConfigurationError(f"the token endpoint {url} is no usable URL: {error}") from None
    # Raised here, outside of `except`: the HTTP library's exceptions hold the request, and that the secret.
    raise TokenEndpointError(failure, retryable=retryable)


def _token(url: str, answer: Mapping[str, Any], content_type: str) -> Token:
    value, kind, life = (answer.get(name) for name in ("access_token", "token_type", "expires_in"))
    fault = None
    if not answer:
        fault = f"200 with {content_type or 'no content type'} instead of a JSON object: is this ZITADEL's address?"
    elif not isinstance(value, str) or not value:
        fault = "200 without an access_token"
    elif not isinstance(kind, str) or kind.lower() != "bearer":
        fault = "200 with a token that is not of token_type Bearer"
    elif isinstance(life, bool) or not isinstance(life, int | float) or not 0 < life <= _LIFE_LIMIT:
        fault = "200 with an expires_in that is not a sensible number of seconds"
    else:
        try:
            return Token(value, float(life))
        except ConfigurationError:
            fault = "200 with an access_token that cannot be sent in a header"
    raise TokenEndpointError(f"{url} answered {fault}", retryable=False)


def _unexpected(url: str, status: int, headers: Mapping[str, str], body: bytes) -> str:
    if 300 <= status < 400:
        target = urlsplit(headers.get("location", ""))
        to = f" to {target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""
        return f"{url} redirects{to} ({status}), which is not followed: give the address that it redirects to"
    if b"QUERY-1kIjX" in body or b"Instance not found" in body:
        return (
            f"{url} answered {status}: this server has no instance of that name; use the instance's own domain, or "
            "ConnectionOptions(authority=…)"
        )
    kind = headers.get("content-type") or "no content type"
    return f"{url} answered {status} ({kind}) and no OAuth error: is this ZITADEL's address, or a proxy in its way?"


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _printable(text: object, secrets: list[str]) -> str:
    """A server's text, fit for an error: bounded, on one line, and without what was sent to it in confidence."""
    shown = text if isinstance(text, str) else ""
    for secret in secrets:
        shown = shown.replace(secret, "…")
    return "".join(c if c.isprintable() else " " for c in shown[:_TEXT_LIMIT])


def _secret_values(form: Mapping[str, str]) -> list[str]:
    names = ("assertion", "client_assertion", "client_secret", "subject_token", "actor_token")
    return [form[name] for name in names if form.get(name)]


def _date(headers: Mapping[str, str]) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """RFC 9110 §10.2.3: seconds, or a date."""
    said = headers.get("retry-after", "").strip()
    try:
        seconds = (
            float(said)
            if said.isdigit()
            else email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        )
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
