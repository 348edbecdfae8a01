"""Programs run in fresh processes, with compiled bytecode, and with the package as it is installed."""

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
    """Starts Pythons that keep their bytecode in one directory, whatever this one's settings are."""

    def __init__(self, bytecode: str) -> None:
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, *arguments: str, **variables: str) -> tuple[float, Any]:
        """Runs a program to its end; gives when it began (`time.monotonic`) and the JSON that it printed."""
        # -P: the installed package is measured, not the directory that this is run in.
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
