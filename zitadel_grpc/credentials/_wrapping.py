"""A key's text as environment variables and secret stores hand it over."""

from __future__ import annotations

import base64
import json

from zitadel_grpc._misplaced import trimmed, unquoted

_LAYERS = 4
_KEY_STARTS = ("{", "-----BEGIN")
_STANDARD = str.maketrans("-_", "+/")


def unwrapped(text: str) -> str:
    """`text` without what surrounds a key file or PEM by mistake, in any order: white space, a byte order
    mark, the quotes of `docker --env-file`, JSON's quotes and escapes, base64. What cannot be told with
    certainty is left as it is."""
    text = trimmed(text)
    for _ in range(_LAYERS):
        if text.startswith(("{\\", '\\"')):
            inner = _from_string(f'"{text}"')
        elif text.startswith(_KEY_STARTS):
            return text
        else:
            inner = _from_string(text) or unquoted(text) or _from_base64(text)
        if inner is None:
            return text
        text = trimmed(inner)
    return text


def _from_string(text: str) -> str | None:
    """The value of a JSON string; key files in them have line breaks expanded now and then."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _from_base64(text: str) -> str | None:
    """What `text` encodes, if that is a key; its padding is often lost, and Windows makes UTF-16 of it."""
    digits = "".join(text.split()).rstrip("=").translate(_STANDARD)
    try:
        decoded = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
        inner = trimmed(decoded.decode(json.detect_encoding(decoded)))
    except ValueError:
        return None
    return inner if inner.startswith((*_KEY_STARTS, '"')) else None
