"""The programs in docs/bulk.md run unchanged."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.examples.conftest import Zitadel

PAGE = (Path(__file__).parents[2] / "docs" / "bulk.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("code", "lines"), list(zip(PROGRAMS, (100, 100, 1), strict=True)))
def test_its_programs_run(code: str, lines: int, zitadel: Zitadel, tmp_path: Path) -> None:
    if "import dask" in code and find_spec("distributed") is None:
        pytest.skip("needs the extra dask")
    program = tmp_path / "program.py"
    program.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env={**os.environ, **zitadel.settings(key=True)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == lines
    assert "failed" not in done.stdout
    assert lines > 1 or done.stdout == "100\n"
