import shutil
from pathlib import Path

import pytest

from scripts.protos import tools, workspace
from scripts.protos.pin import pinned_image
from tests.protos.project import RELEASE, Project, write


@pytest.fixture(scope="session")
def pin() -> Path:
    """The image of the pin. It is cached if this project's stubs were generated from the pin."""
    with workspace.locked():
        pinned_image()
    [path] = workspace.WORKSPACE.glob("pin-*.binpb")
    return path


@pytest.fixture
def project(tmp_path: Path, pin: Path) -> Project:
    root = tmp_path / "project"
    for name in ("protos", "scripts", "zitadel_grpc"):
        shutil.copytree(
            workspace.ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "api")
        )
    shutil.copy(workspace.ROOT / "buf.yaml", root)
    (root / "build" / "protos").mkdir(parents=True)
    shutil.copy(pin, root / "build" / "protos")
    return Project(root)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The proto directory of a small release."""
    return write(tmp_path / "zitadel-v9" / "proto", RELEASE)


@pytest.fixture
def image(tmp_path: Path, release: Path, pin: Path) -> Path:
    """An image of the small release, without the third-party files that it imports."""
    path = tmp_path / "images" / "release.binpb"
    path.parent.mkdir()
    command = [*tools.PROTOC, "-I.", f"--descriptor_set_in={pin}", f"--descriptor_set_out={path}", *RELEASE]
    done = tools.run(command, cwd=release)
    assert done.returncode == 0, done.stderr
    return path
