"""Removes what environment variables and secret stores wrap around a key."""

from __future__ import annotations

import base64
import json

from zitadel_grpc._misplaced import trimmed, unquoted

_LAYERS = 4
_KEY_STARTS = ("{", "-----BEGIN")
_STANDARD = str.maketrans("-_", "+/")


def unwrapped(text: str) -> str:
    """`text` without whitespace, a byte order mark, quotes (as `docker --env-file` keeps them), JSON quotes
    and escapes, and base64, in any order, around a key file or PEM. Other text is returned unchanged."""
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
    """The value of a JSON string. Not strict: line breaks in the key may be unescaped."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _from_base64(text: str) -> str | None:
    """What `text` encodes, if that is a key. Padding may be missing; text from Windows may be UTF-16."""
    digits = "".join(text.split()).rstrip("=").translate(_STANDARD)
    try:
        decoded = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
        inner = trimmed(decoded.decode(json.detect_encoding(decoded)))
    except ValueError:
        return None
    return inner if inner.startswith((*_KEY_STARTS, '"')) else None
