"""The repository's texts and names do without some phrases that are outdated or unclear."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNCLEAR = re.compile(
    r"\b(?:mend(?:s|ed|ing)?|anew|beside|is none of|one's own|passing reason|counts over|is had"
    r"|there all the while|(?<!there )is no(?! longer))\b",
    re.IGNORECASE,
)


def test_no_text_has_an_unclear_phrase() -> None:
    command = ["git", "ls-files", "-z", "*.py", "*.md", "*.sh"]
    try:
        listed = subprocess.check_output(command, cwd=ROOT, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        listed = ""
    files = [ROOT / name for name in listed.split("\0") if name]
    if not files:
        pytest.skip("requires git and a checkout")

    found = {
        file: UNCLEAR.findall(_words(file)) for file in files if file.exists() and file != Path(__file__)
    }
    assert {file: phrases for file, phrases in found.items() if phrases} == {}


def _words(file: Path) -> str:
    """The text on one line, with spaces in place of underscores, so that names are searched too."""
    return re.sub(r"[\s#>_]+", " ", file.read_text(encoding="utf-8"))
