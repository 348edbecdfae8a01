"""Runs programs in fresh processes, with compiled bytecode and the installed package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WITHIN = 60.0  # seconds


class Interpreter:
    """Starts Python processes that share one bytecode directory, whatever the settings of this process."""

    def __init__(self, bytecode: str) -> None:
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, *arguments: str, **variables: str) -> tuple[float, Any]:
        """Runs a program; returns its start time (`time.monotonic`) and the JSON that it printed."""
        # -P: measure the installed package, not the one in the current directory.
        command = [sys.executable, "-P", *arguments]
        environment = {**self._environment, **variables}
        started = time.monotonic()
        ended = subprocess.run(command, env=environment, capture_output=True, timeout=_WITHIN, text=True)
        if ended.returncode:
            raise RuntimeError(f"{arguments} failed: {ended.stderr}")
        return started, json.loads(ended.stdout)


@contextmanager
def interpreter() -> Iterator[Interpreter]:
    with tempfile.TemporaryDirectory(prefix="zitadel-grpc-benchmark-") as bytecode:
        yield Interpreter(bytecode)
