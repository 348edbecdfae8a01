"""Keeps secrets out of error messages, even if the server's response repeats them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from zitadel_grpc._errors.redaction import redact

_TEXT_LIMIT = 300  # characters


def secret_forms(secrets: Iterable[str]) -> list[str]:
    """The secrets, in every encoding that an error may repeat. Longest first: one may contain another."""
    forms = set()
    for secret in secrets:
        raw = secret.encode()
        encoded = (base64.b64encode(raw), base64.urlsafe_b64encode(raw))
        forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
        forms |= {text.decode().rstrip("=") for text in encoded}
    return sorted(forms, key=len, reverse=True)


def printable(text: object, hidden: Iterable[str]) -> str:
    """A server's text for an error message: shortened, on one line, and without `hidden`."""
    shown = redact(list(hidden), text) if isinstance(text, str) else ""
    return "".join(c if c.isprintable() else " " for c in shown[:_TEXT_LIMIT])
