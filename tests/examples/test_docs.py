"""docs/testing.md: its tests pass, and its seed file is valid."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from zitadel_grpc.testing import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_its_tests_pass(tmp_path: Path) -> None:
    tests = blocks("python")
    for number, code in enumerate(tests):
        (tmp_path / f"test_{number}.py").write_text(code, encoding="utf-8")
    options = ("asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function", "filterwarnings=error")
    overrides = [argument for option in options for argument in ("-o", option)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *overrides]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{sum(code.count('def test_') for code in tests)} passed" in ended.stdout


def test_its_seed_file_can_be_used(emulator: Emulator, tmp_path: Path) -> None:
    (seed,) = blocks("yaml")
    path = tmp_path / "seed.yaml"
    path.write_text(seed, encoding="utf-8")
    assert emulator.seed(path).service_users.keys() == {"reporter"}
