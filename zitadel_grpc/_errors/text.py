"""A server's text made fit for a log, and without what was sent to it in confidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_LIMIT = 500  # characters
_SHORTEST_SECRET = 8  # characters; what is shorter protects nothing, and may be part of any word
# Of what is sent, only these are known to be no secrets; a secret may be in a header of any other name.
_OPEN = re.compile("x-zitadel-(orgid|instance-host|public-host)|user-agent|accept(-language)?|traceparent")
_WEB_PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)


def one_line(text: str, limit: int = _LIMIT) -> str:
    """`text` in printable characters, on one line, cut at `limit`; of a web page in it, the title only."""
    if page := _WEB_PAGE.search(text):
        title = _TITLE.search(text, page.start())
        text = f"{text[: page.start()]} (a web page{f': {title[1]}' if title else ''})"
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page_title(text: str) -> str:
    """The title of a web page on one line, empty if there is none."""
    title = _TITLE.search(text) if _WEB_PAGE.search(text) else None
    return one_line(title[1], 100) if title else ""


def secrets_of(sent: Iterable[tuple[str, Any]]) -> list[str]:
    """What a call's metadata may prove its caller with: the values of all headers but well-known ones."""
    values = (value for key, value in sent if not _OPEN.fullmatch(key) and isinstance(value, str))
    both = ((value, value.rpartition(" ")[2]) for value in values)  # with `Bearer` and without it
    return [secret for pair in both for secret in pair if len(secret) >= _SHORTEST_SECRET]


def without(secrets: Sequence[str], text: Any) -> Any:
    """`text`, str or bytes, but for `secrets`; bytes keep their length, by which messages are read."""
    for secret in secrets:
        if isinstance(text, str):
            text = text.replace(secret, "…")
        elif isinstance(text, bytes):
            text = text.replace(secret.encode(), b"*" * len(secret.encode()))
    return text
