"""Runs each server in its own process, so that only the client's cost is measured."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_READY_WITHIN = 30.0  # seconds
_STOP_WITHIN = 10.0


class Server:
    """A running server; `info` is the JSON object on the first line of its output."""

    def __init__(self, process: subprocess.Popen[str], info: dict[str, Any]) -> None:
        self._process = process
        self.info = info

    def stop(self) -> str:
        """Stops the server and returns the last line that it printed."""
        self._process.terminate()
        return self._process.communicate(timeout=_STOP_WITHIN)[0]


@contextmanager
def server(module: str, *arguments: str) -> Iterator[Server]:
    """Runs `python -m MODULE` until the end of the block."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process, json.loads(_first_line(process)))
    finally:
        process.terminate()
        try:
            process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], _READY_WITHIN)
    line = process.stdout.readline() if ready else ""
    if not line:
        raise RuntimeError(f"{process.args!r} did not become ready within {_READY_WITHIN:g} s")
    return line
