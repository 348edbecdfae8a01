"""Formats text from a server as one line of a log."""

from __future__ import annotations

import re

_LIMIT = 500  # characters
# Compiled at the first failure, not at the start of every program.
_WEB_PAGE = r"(?i)<!doctype html|<html"
_TITLE = r"(?i)<title[^>]*>([^<]*)"


def one_line(text: str, limit: int = _LIMIT) -> str:
    """`text` on one line, in printable characters, cut at `limit`. A web page in it becomes its title."""
    if page := re.search(_WEB_PAGE, text):
        title = re.search(_TITLE, text[page.start() :])
        text = f"{text[: page.start()]} (a web page{f': {title[1]}' if title else ''})"
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page_title(text: str) -> str:
    """The title of a web page on one line, or an empty string."""
    title = re.search(_TITLE, text) if re.search(_WEB_PAGE, text) else None
    return one_line(title[1], 100) if title else ""
