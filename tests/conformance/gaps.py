"""The steps that the emulator is known not to answer as the real server did."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.replay import Result
from tests.conformance.scenario import DIRECTORY

_FILE = DIRECTORY / "gaps.txt"


def known_gaps(scenario: Path) -> set[str]:
    """The labels of a scenario's steps that are listed."""
    entries = (line.partition(" ") for line in _FILE.read_text(encoding="utf-8").splitlines())
    return {label for name, _, label in entries if name == scenario.stem}


def drop_closed(scenario: Path, results: list[Result]) -> None:
    """Take the steps that are alike now out of the list; none is ever put in."""
    closed = {f"{scenario.stem} {result.step.label}" for result in results if result.is_alike}
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    _FILE.write_text("".join(f"{line}\n" for line in lines if line not in closed), encoding="utf-8")
