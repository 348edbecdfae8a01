"""Memory use does not grow with the number of requests. `MEMORY_CALLS=200000` makes the test run for
minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = int(os.environ.get("MEMORY_CALLS", "5000"))
# As in tests/client/test_memory.py: memory of a process can grow this much without a leak.
CONSTANT = 1.5e6  # bytes
PER_CALL = 20.0  # bytes


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="requires /proc")
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_memory_does_not_grow_with_the_number_of_requests(kind: str) -> None:
    script = Path(__file__).with_name("memory.py")
    # Without coverage, which keeps something for each thread that gRPC starts.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    output = subprocess.check_output([sys.executable, script, kind, str(CALLS)], env=environment, timeout=850)

    (memory, objects), *_, (memory_later, objects_later) = json.loads(output)
    assert objects_later - objects < 100
    assert memory_later - memory < CONSTANT + PER_CALL * CALLS
