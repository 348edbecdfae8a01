"""Fixtures for the tests of the examples: the emulator in its own process, and a way to run a script."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).parents[2]
WITHIN = 30  # seconds


@dataclass(frozen=True)
class Zitadel:
    """A running emulator's URL, and the directory with its keys."""

    url: str
    directory: Path

    @property
    def pat(self) -> str:
        return (self.directory / "pat.txt").read_text().strip()

    def settings(self, *, key: bool = False, pat: bool = False) -> dict[str, str]:
        """The environment variables that connect an example to it."""
        settings = {"ZITADEL_API_URL": self.url, "ZITADEL_CA_FILE": str(self.directory / "ca.pem")}
        if key:
            settings["ZITADEL_KEY_PATH"] = str(self.directory / "key.json")
        if pat:
            settings["ZITADEL_SERVICE_USER_TOKEN"] = self.pat
        return settings


@pytest.fixture(scope="session")
def zitadel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zitadel]:
    directory = tmp_path_factory.mktemp("emulator")
    command = [sys.executable, "-m", "zitadel_grpc.cli", "emulator", "--quiet", "--dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Zitadel(process.stdout.readline().strip(), directory)
        finally:
            process.terminate()


class Run(Protocol):
    """Runs a script of this repository to its end; of ZITADEL's settings it has only those given."""

    def __call__(self, script: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def run() -> Run:
    def run(script: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ZITADEL_")}
        return subprocess.run(
            [sys.executable, str(ROOT / script)],
            env=environment | settings,
            capture_output=True,
            text=True,
            timeout=WITHIN,
        )

    return run
