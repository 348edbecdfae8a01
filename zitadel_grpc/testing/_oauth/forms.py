"""Form bodies, and who sends them."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl, unquote_plus

from zitadel_grpc.testing._wire.messages import Request


def form_of(request: Request) -> dict[str, str]:
    """The fields of a form body; of a repeated one the first. Anything but a form has none."""
    kind = (request.header("content-type") or "").partition(";")[0]
    if kind.strip().lower() != "application/x-www-form-urlencoded":
        return {}
    fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(fields))


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Client id and secret of HTTP Basic, both form-decoded (RFC 6749 §2.3.1)."""
    scheme, _, encoded = (request.header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8
        return None
    return unquote_plus(client_id), unquote_plus(secret)


def client_credentials(request: Request, form: dict[str, str]) -> tuple[str, str] | None:
    """Client id and secret, by Basic or else in the form; None if there is no client id."""
    if basic := basic_credentials(request):
        return basic
    return (form["client_id"], form.get("client_secret", "")) if form.get("client_id") else None
