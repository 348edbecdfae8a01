"""Reads files that the configuration names. They may be pipes or devices, so every wait is bounded.

It does not use pathlib, whose import takes as long as that of all credentials.
"""

from __future__ import annotations

import os
import select
import stat
import time

PIPE_TIMEOUT = 10.0  # seconds


def read(path: str, limit: int) -> tuple[bytes, bool]:
    """Returns at most `limit` + 1 bytes of the content, and whether it came from a pipe. It opens pipes
    without blocking, since `open()` would wait for a writer forever.

    Raises TimeoutError if a pipe delivers nothing, OSError, and ValueError for an invalid path.
    """
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


def is_file(path: str) -> bool:
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def exists(path: str) -> bool:
    return _mode(path) is not None


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):  # missing, too long for a path, or contains a NUL
        return None


def _readable(file: int, deadline: float) -> bool:
    if not hasattr(select, "poll"):  # Windows has neither poll nor FIFOs
        return True
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(1000 * max(0.0, deadline - time.monotonic())))
