"""Log lines on stderr that delay nobody: they are dropped while the reader does not keep up."""

from __future__ import annotations

import logging
import os
import select
import sys

_FORMAT = "%(asctime)s.%(msecs)03d %(message)s"


class StderrHandler(logging.Handler):
    """One of the standard library would wait, and the emulator with it, for a pipe that nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))
        self._descriptor = sys.stderr.fileno()
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        dropped = f"({self._dropped} lines were dropped here: nobody read them)\n" if self._dropped else ""
        try:
            written = self._write(f"{dropped}{self.format(record)}\n")
        except OSError:  # the reader is gone
            logging.getLogger(record.name).removeHandler(self)
            return
        self._dropped = 0 if written else self._dropped + 1

    def _write(self, text: str) -> bool:
        """Whether it could be written at once: so many bytes can, if select says so."""
        content = text.encode("utf-8", "backslashreplace")[: select.PIPE_BUF]
        is_ready = bool(select.select((), (self._descriptor,), (), 0)[1])
        if is_ready:
            os.write(self._descriptor, content)
        return is_ready
