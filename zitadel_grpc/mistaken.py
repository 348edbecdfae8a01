"""Recognizes a key or token that was given where something else belongs, so that no error quotes it."""

from __future__ import annotations

import re

_LONGEST_ID = 200  # characters
# JSON, PEM, a signed JWT's three parts, an encrypted token's five, or text that no name holds.
_SECRET = re.compile(r"""\s*['"]?\s*[{\[]|eyJ[\w-]*\.|.*([\n\r\0]|-----BEGIN)""", re.DOTALL)
# With a folder, or a suffix as files have: a token has neither.
_PATH = re.compile(
    r"(~|\.{0,2}/|[A-Za-z]:[\\/]).*|[\w. -]{1,100}(/[\w. -]{1,100})*\.[A-Za-z]\w{0,7}", re.DOTALL
)


def is_secret_like(text: str) -> bool:
    """Whether `text` has the shape of a key, a token or JSON, or is too long for an id."""
    return len(text) > _LONGEST_ID or _SECRET.match(text) is not None


def trimmed(text: str) -> str:
    """`text` without white space and byte order mark around it, as files and secret stores add them."""
    return text.strip().strip("\ufeff").strip()


def shown_path(path: object) -> str:
    """`path` for an error; what may be a key or token instead is not quoted."""
    text = str(path)
    if len(text) <= 1024 and text.isprintable() and not _SECRET.match(text) and _PATH.fullmatch(text):
        return text
    return "the file (its path is not shown, since it may be a secret itself)"


def is_key_text(text: str) -> bool:
    """Whether `text` is the content of a key file, not its path."""
    return "-----BEGIN" in text or re.match(r"""\s*['"]?\s*{""", text.lstrip("\ufeff")) is not None
