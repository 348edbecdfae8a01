"""The example web services: their own tests pass when run the way users run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize("service", ["fastapi_service", "flask_service"])
def test_its_tests_pass(service: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZITADEL_")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=EXAMPLES / service,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
