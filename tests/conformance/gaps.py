"""The steps whose responses are known to differ from the real server's."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.replay import Result
from tests.conformance.scenario import DIRECTORY

_FILE = DIRECTORY / "gaps.txt"


def known_gaps(scenario: Path) -> set[str]:
    """Returns the labels of a scenario's listed steps."""
    entries = (line.partition(" ") for line in _FILE.read_text(encoding="utf-8").splitlines())
    return {label for name, _, label in entries if name == scenario.stem}


def drop_closed(scenario: Path, results: list[Result]) -> None:
    """Removes steps that no longer differ from the list. Nothing adds steps."""
    closed = {f"{scenario.stem} {result.step.label}" for result in results if result.matches}
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    _FILE.write_text("".join(f"{line}\n" for line in lines if line not in closed), encoding="utf-8")
