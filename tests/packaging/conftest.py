import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Build = Callable[..., Path]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a project's `wheel` or `sdist` with the tools that are installed; returns the file."""

    def build(kind: str, root: Path = ROOT, **environment: str) -> Path:
        directory = tmp_path_factory.mktemp(kind)
        done = subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", directory],
            check=False,
            cwd=root,
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        [path] = directory.iterdir()
        return path

    return build


@pytest.fixture(scope="session")
def wheel(build: Build) -> Path:
    """The wheel of this checkout."""
    return build("wheel")


@pytest.fixture(scope="session")
def sdist(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of this checkout, unpacked."""
    directory = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(build("sdist")) as archive:
        archive.extractall(directory, filter="data")
    [root] = directory.iterdir()
    return root
