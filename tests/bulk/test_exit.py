"""A program exits, whatever it did with a run of synchronous calls."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from google.protobuf.wrappers_pb2 import StringValue
from zitadel_grpc import bulk

outcomes = bulk.run(lambda request: request, [StringValue(value="1")] * 10, concurrency=2)
"""


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("next(outcomes)", 0),
        ("for outcome in outcomes: 1 / 0", 1),
        ("for outcome in outcomes: break", 0),
    ],
)
def test_a_program_with_an_unfinished_run_exits(end: str, status: int) -> None:
    program = [sys.executable, "-c", PROGRAM + end]
    done = subprocess.run(program, capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == status, done.stderr
