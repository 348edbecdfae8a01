"""examples/fastapi_service: its own tests, run as its users would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SERVICE = Path(__file__).parents[2] / "examples" / "fastapi_service"


def test_its_tests_pass() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZITADEL_")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=SERVICE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
