"""Form bodies and client credentials in requests."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl, unquote_plus

from zitadel_grpc.testing._wire.messages import Request


def form_of(request: Request) -> dict[str, str]:
    """Returns the fields of a form body, the first of repeated ones. Other bodies have none."""
    kind = (request.header("content-type") or "").partition(";")[0]
    if kind.strip().lower() != "application/x-www-form-urlencoded":
        return {}
    fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(fields))


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Returns client id and secret of HTTP Basic, form-decoded (RFC 6749 §2.3.1)."""
    scheme, _, encoded = (request.header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64 or not UTF-8
        return None
    return unquote_plus(client_id), unquote_plus(secret)


def client_credentials(request: Request, form: dict[str, str]) -> tuple[str, str] | None:
    """Returns client id and secret from HTTP Basic or the form; None without a client id."""
    if basic := basic_credentials(request):
        return basic
    return (form["client_id"], form.get("client_secret", "")) if form.get("client_id") else None
