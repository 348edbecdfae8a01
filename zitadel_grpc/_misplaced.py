"""Recognizes keys and tokens that were passed in the wrong place, so that no error message quotes them."""

from __future__ import annotations

import re
import string
from typing import TypeGuard

_LONGEST_ID = 200  # characters
_SHORTEST_SECRET = 12  # characters; keys, tokens and secrets of ZITADEL are much longer
_LARGEST_INTEGER = 64  # bits; Python refuses to convert very large integers to text
# The patterns are compiled when they are first used: few programs need them.
# JSON, PEM, a JWT, an encrypted token (JWE), or text with line breaks.
_SHAPE = r"""(?s)\s*['"]?\s*[{\[]|(Bearer\s+)?ey[JA][\w-]*\.|.*([\n\r\0]|-----BEGIN)"""
# A path with a folder or a file suffix; tokens have neither.
_PATH = r"(?s)(~|\.{0,2}/|[A-Za-z]:[\\/]).*|[\w. -]{1,100}(/[\w. -]{1,100})*\.[A-Za-z]\w{0,7}"
_SURROUNDING = string.whitespace + "\ufeff\u200b\u00a0"


def is_secret_like(text: str) -> bool:
    """Whether `text` looks like a key, a token or JSON, or is too long for an id."""
    return len(text) > _LONGEST_ID or has_secret_shape(text)


def is_id(text: str) -> bool:
    """Whether `text`, already trimmed, can be the id or name of a user, client or key."""
    return bool(text) and text.isprintable() and not is_secret_like(text)


def has_secret_shape(text: str) -> bool:
    """Whether `text`, of any length, looks like a key, a token or JSON."""
    return re.match(_SHAPE, text) is not None


def trimmed(text: str) -> str:
    """`text` without the whitespace and byte order marks that files and secret stores add around it."""
    return text.strip(_SURROUNDING)


def unquoted(text: str) -> str | None:
    """`text` without one pair of quotes around it; None if there are no quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] in "'\"" else None


def is_encodable(text: str) -> bool:
    """Whether UTF-8 can encode `text`. False for undecodable bytes from `os.environ`: encoding them would
    raise an error that contains the whole value."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def is_path(text: str) -> bool:
    """Whether `text` looks like a path, and cannot be a key or token."""
    return (
        len(text) <= 1024
        and text.isprintable()
        and not has_secret_shape(text)
        and re.fullmatch(_PATH, text) is not None
    )


def shown_path(path: object) -> str:
    """`path` for an error message, unless it may be a key or token."""
    text = str(path)
    is_short = len(text) <= _SHORTEST_SECRET and text.isprintable()
    return text if is_short or is_path(text) else "the file (its path may be a secret and is not shown)"


def is_key_text(text: str) -> bool:
    """Whether `text` is the content of a key file, not its path."""
    return "-----BEGIN" in text or re.match(r"""\s*['"]?\s*{""", text.lstrip("\ufeff")) is not None


def is_number(given: object) -> TypeGuard[int | float]:
    """Whether `given` is a number; True and False are not."""
    return isinstance(given, int | float) and not isinstance(given, bool)


def shown_number(given: object) -> str:
    """`given` as text for an error message; only its type if it is not a number."""
    if given is None or isinstance(given, float):
        return repr(given)
    if isinstance(given, int):
        bits = given.bit_length()
        return repr(given) if bits <= _LARGEST_INTEGER else f"an int of {bits} bits"
    return f"a {type(given).__name__}"
