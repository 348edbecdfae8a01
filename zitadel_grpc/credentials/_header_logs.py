"""Keeps secrets out of the logs of hpack, which compresses headers for HTTP/2 and logs their values."""

from __future__ import annotations

import logging
import threading
from typing import Self


class _Unlogged(threading.local):
    """A context manager that drops what hpack logs in the current thread."""

    inside = False

    def __enter__(self) -> Self:
        for name in ("hpack.hpack", "hpack.table", "hpack.huffman"):
            logging.getLogger(name).addFilter(self.filter)  # adding it again has no effect
        self.inside = True
        return self

    def __exit__(self, *_: object) -> None:
        self.inside = False

    def filter(self, record: logging.LogRecord) -> bool:
        return not self.inside


UNLOGGED = _Unlogged()
