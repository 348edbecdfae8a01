"""No call leaves anything behind. `MEMORY_CALLS=200000` asks for the long run, of some minutes; the short one
sees a leak of Python objects as well, but not a small one of gRPC's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = int(os.environ.get("MEMORY_CALLS", "5000"))
# What a process's memory may grow by that is no leak: some pages, and crumbs between them. A leak of
# grpc.aio's that is known (issue 43193, call credentials given with each call) makes 100 bytes a call.
PAGES = 1.5e6
CRUMBS = 20.0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
@pytest.mark.parametrize("way", ["async-client", "views", "secure-channel", "client"])
def test_memory_does_not_grow_with_the_number_of_calls(way: str) -> None:
    script = Path(__file__).with_name("memory.py")
    calls = min(CALLS, 20_000) if way == "views" else CALLS
    # Without coverage, which keeps something for each thread that gRPC starts.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    output = subprocess.check_output([sys.executable, script, way, str(calls)], env=environment, timeout=850)

    (memory, objects), *_, (memory_later, objects_later) = json.loads(output)
    assert objects_later - objects < 100
    assert memory_later - memory < PAGES + CRUMBS * calls
