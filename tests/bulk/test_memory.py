"""A run needs no more memory the longer it is. `MEMORY_CALLS=200000` asks for a long one, of some minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = int(os.environ.get("MEMORY_CALLS", "5000"))
# As in tests/client/test_memory.py: what a process's memory may grow by that is no leak.
PAGES = 1.5e6
CRUMBS = 20.0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
@pytest.mark.parametrize("way", ["async", "sync"])
def test_memory_does_not_grow_with_the_number_of_requests(way: str) -> None:
    script = Path(__file__).with_name("memory.py")
    output = subprocess.check_output([sys.executable, script, way, str(CALLS)], timeout=850)

    (memory, objects), *_, (memory_later, objects_later) = json.loads(output)
    assert objects_later - objects < 100
    assert memory_later - memory < PAGES + CRUMBS * CALLS
