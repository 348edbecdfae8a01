"""Reads files that a program is told to use. Each may be a pipe or a device, so no wait is unbounded."""

from __future__ import annotations

import os
import select
import stat
import time

PIPE_TIMEOUT = 10.0  # seconds


def read(path: str, limit: int) -> tuple[bytes, bool]:
    """Up to one byte more than `limit`, and whether it came from a pipe. A pipe without a writer is waited
    for, with a bound: opening it in the ordinary way would block for as long as there is none.

    Raises TimeoutError for a silent pipe, OSError, and ValueError for what is not a path."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        is_pipe = not stat.S_ISREG(os.fstat(file).st_mode)
        deadline = time.monotonic() + PIPE_TIMEOUT
        content = b""
        while len(content) <= limit:
            if is_pipe and not _readable(file, deadline):
                raise TimeoutError
            part = os.read(file, limit + 1 - len(content))
            if not part:
                break
            content += part
        return content, is_pipe
    finally:
        os.close(file)


def _readable(file: int, deadline: float) -> bool:
    if not hasattr(select, "poll"):  # Windows has neither it nor FIFOs
        return True
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(1000 * max(0.0, deadline - time.monotonic())))
