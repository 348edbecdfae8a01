"""Calls do not leak memory. `MEMORY_CALLS=200000` selects the long run, which takes minutes. The short one
detects leaks of Python objects too, but not small leaks in gRPC."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = int(os.environ.get("MEMORY_CALLS", "5000"))
# Growth that is not a leak: a few pages, and fragmentation. A known leak of grpc.aio (issue 43193, call
# credentials passed with each call) is 100 bytes per call.
PAGES = 1.5e6
CRUMBS = 20.0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
@pytest.mark.parametrize("way", ["async-client", "views", "secure-channel", "client"])
def test_memory_does_not_grow_with_the_number_of_calls(way: str) -> None:
    script = Path(__file__).with_name("memory.py")
    calls = min(CALLS, 20_000) if way == "views" else CALLS
    # Without coverage, which allocates memory for each thread that gRPC starts.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    output = subprocess.check_output([sys.executable, script, way, str(calls)], env=environment, timeout=850)

    (memory, objects), *_, (memory_later, objects_later) = json.loads(output)
    assert objects_later - objects < 100
    assert memory_later - memory < PAGES + CRUMBS * calls
