"""Runs the type checkers that are installed on code that a test writes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKERS = {
    "mypy": ["--strict", "--cache-dir=/dev/null"],
    "pyright": ["--pythonpath", sys.executable],
}


def assert_only_wrong_lines_have_errors(checker: str, code: str, directory: Path) -> None:
    """Asserts that `checker` reports an error in every line of `code` that ends with `# wrong`, and in no
    other line."""
    pytest.importorskip(checker)
    (directory / "code.py").write_text(code)

    done = subprocess.run(
        [sys.executable, "-m", checker, *CHECKERS[checker], "code.py"],
        check=False,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=50,
    )

    found = {int(line) for line in re.findall(r"code\.py:(\d+)(?::\d+)?(?: -|:) error:", done.stdout)}
    wrong = {number for number, line in enumerate(code.splitlines(), 1) if line.endswith("# wrong")}
    assert found == wrong, done.stdout + done.stderr
