"""Recognizes a key or token that was given where something else belongs, so that no error quotes it."""

from __future__ import annotations

import re
import string
from typing import TypeGuard

_LONGEST_ID = 200  # characters
_SHORTEST_SECRET = 12  # characters; keys, tokens and secrets of ZITADEL are much longer
_LARGEST_INTEGER = 64  # bits; Python refuses to write very large ones
# JSON, PEM, a signed JWT's three parts, an encrypted token's five, or text that no name holds.
_SECRET = re.compile(r"""\s*['"]?\s*[{\[]|(Bearer\s+)?ey[JA][\w-]*\.|.*([\n\r\0]|-----BEGIN)""", re.DOTALL)
# With a folder, or a suffix as files have: a token has neither.
_PATH = re.compile(
    r"(~|\.{0,2}/|[A-Za-z]:[\\/]).*|[\w. -]{1,100}(/[\w. -]{1,100})*\.[A-Za-z]\w{0,7}", re.DOTALL
)
_AROUND = string.whitespace + "\ufeff\u200b\u00a0"


def is_secret_like(text: str) -> bool:
    """Whether `text` has the shape of a key, a token or JSON, or is too long for an id."""
    return len(text) > _LONGEST_ID or has_secret_shape(text)


def is_id(text: str) -> bool:
    """Whether `text`, already trimmed, can be the id or name of a user, client or key."""
    return bool(text) and text.isprintable() and not is_secret_like(text)


def has_secret_shape(text: str) -> bool:
    """Whether `text`, of any length, has the shape of a key, a token or JSON."""
    return _SECRET.match(text) is not None


def trimmed(text: str) -> str:
    """`text` without white space and byte order marks around it, as files and secret stores add them."""
    return text.strip(_AROUND)


def unquoted(text: str) -> str | None:
    """`text` without one pair of quotes around it; None if it has none."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] in "'\"" else None


def is_encodable(text: str) -> bool:
    """False for bytes that were no text, as `os.environ` hands them over: encoding them raises an error that
    holds the whole text."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def is_path(text: str) -> bool:
    """Whether `text` has the shape of a path, and cannot be a key or token."""
    return (
        len(text) <= 1024
        and text.isprintable()
        and not has_secret_shape(text)
        and _PATH.fullmatch(text) is not None
    )


def shown_path(path: object) -> str:
    """`path` for an error; what may be a key or token instead is not quoted."""
    text = str(path)
    is_short = len(text) <= _SHORTEST_SECRET and text.isprintable()
    return (
        text
        if is_short or is_path(text)
        else "the file (its path is not shown, since it may be a secret itself)"
    )


def is_key_text(text: str) -> bool:
    """Whether `text` is the content of a key file, not its path."""
    return "-----BEGIN" in text or re.match(r"""\s*['"]?\s*{""", text.lstrip("\ufeff")) is not None


def is_number(given: object) -> TypeGuard[int | float]:
    """Whether `given` is a number; True and False are not meant as numbers."""
    return isinstance(given, int | float) and not isinstance(given, bool)


def shown_number(given: object) -> str:
    """`given`, in the place of a number, for an error; of what is not a number only its type."""
    if given is None or isinstance(given, float):
        return repr(given)
    if isinstance(given, int):
        bits = given.bit_length()
        return repr(given) if bits <= _LARGEST_INTEGER else f"an int of {bits} bits"
    return f"a {type(given).__name__}"
