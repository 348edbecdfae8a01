"""A log handler for stderr that never blocks: it drops lines if the reader is too slow."""

from __future__ import annotations

import logging
import os
import select
import sys

_FORMAT = "%(asctime)s.%(msecs)03d %(message)s"


class StderrHandler(logging.Handler):
    """logging.StreamHandler would block the emulator when nobody reads the pipe."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))
        self._descriptor = sys.stderr.fileno()
        self._dropped = 0
        self._is_open = True

    def emit(self, record: logging.LogRecord) -> None:
        if not self._is_open:
            return
        dropped = f"({self._dropped} lines dropped: stderr was not read in time)\n" if self._dropped else ""
        try:
            written = self._write(f"{dropped}{self.format(record)}\n")
        except OSError:  # the reader has closed the pipe
            self._is_open = False
            return
        self._dropped = 0 if written else self._dropped + 1

    def _write(self, text: str) -> bool:
        """Returns whether the text was written. At most PIPE_BUF bytes, so that the write does not block."""
        content = text.encode("utf-8", "backslashreplace")[: select.PIPE_BUF]
        is_ready = bool(select.select((), (self._descriptor,), (), 0)[1])
        if is_ready:
            os.write(self._descriptor, content)
        return is_ready
