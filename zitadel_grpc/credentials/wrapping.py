"""A key file's text as environment variables and secret stores hand it over."""

from __future__ import annotations

import base64
import binascii

from zitadel_grpc.mistaken import trimmed


def unwrapped(text: str) -> str:
    """`text` without what surrounds JSON by mistake: white space, a byte order mark, the quotes of
    `docker --env-file`, escaped quotes, base64. What cannot be told with certainty is left as it is."""
    text = _trimmed(text)
    if text.startswith("{") or not text:
        return text.replace('\\"', '"').replace("\\\\", "\\") if text.startswith('{\\"') else text
    try:
        decoded = base64.b64decode("".join(text.split()).translate(_STANDARD), validate=True)
        inner = _trimmed(decoded.decode("utf-8-sig"))
    except (binascii.Error, ValueError):
        return text
    return inner if inner.startswith("{") else text


_STANDARD = str.maketrans("-_", "+/")


def _trimmed(text: str) -> str:
    text = trimmed(text)
    for quote in "'\"":
        if len(text) > 1 and text[0] == text[-1] == quote:
            text = text[1:-1].strip()
    return text
