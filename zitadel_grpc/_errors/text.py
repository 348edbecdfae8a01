"""Formats text from a server as one line of a log."""

from __future__ import annotations

import re

_LIMIT = 500  # characters
_WEB_PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)


def one_line(text: str, limit: int = _LIMIT) -> str:
    """`text` on one line, in printable characters, cut at `limit`. A web page in it becomes its title."""
    if page := _WEB_PAGE.search(text):
        title = _TITLE.search(text, page.start())
        text = f"{text[: page.start()]} (a web page{f': {title[1]}' if title else ''})"
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page_title(text: str) -> str:
    """The title of a web page on one line, or an empty string."""
    title = _TITLE.search(text) if _WEB_PAGE.search(text) else None
    return one_line(title[1], 100) if title else ""
