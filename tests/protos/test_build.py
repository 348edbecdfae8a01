"""A build installs complete, reproducible stubs, or keeps the existing ones."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protos.project import GREETING, Project, write


def inode(project: Project) -> int:
    """Changes when a build installs stubs, even identical ones."""
    return project.api.stat().st_ino


def test_an_unchanged_build_does_nothing(project: Project, release: Path) -> None:
    project.build(release)
    before = inode(project)
    assert project.build(release) == (
        "zitadel_grpc/api is up to date with zitadel-v9/proto: 1 service, 2 RPCs\n"
    )
    assert inode(project) == before


def test_stubs_of_another_source_stay_until_the_pin_is_requested(project: Project, release: Path) -> None:
    project.build(release)
    before = inode(project)
    output = project.ensure()
    assert "zitadel_grpc/api keeps the stubs of" in output
    assert "1 service, 2 RPCs (`make protos` returns to the pin)" in output
    assert inode(project) == before


@pytest.mark.slow
def test_missing_and_stale_stubs_are_generated_from_the_pin(project: Project) -> None:
    assert "30 services, 867 RPCs → zitadel_grpc/api" in project.ensure()
    before = inode(project)
    assert "zitadel_grpc/api is up to date with @zitadel/proto" in project.ensure()
    assert inode(project) == before
    (project.root / "scripts" / "protos" / "more.py").touch()
    assert "→ zitadel_grpc/api" in project.ensure()


def test_a_changed_source_is_built_again(project: Project, release: Path) -> None:
    project.build(release)
    write(
        release, {"zitadel/greeting.proto": GREETING.replace("Mood mood = 2", "Mood mood = 2; string to = 3")}
    )
    project.build(release)
    assert b"TO_FIELD_NUMBER" in project.stubs()["greeting/v1/greeting_pb2.pyi"]


@pytest.mark.parametrize("change", ["edited", "removed", "added"])
def test_edited_stubs_are_built_again(project: Project, release: Path, change: str) -> None:
    project.build(release)
    before = project.stubs()
    module = project.api / "greeting" / "v1" / "greeting_pb2.py"
    if change == "removed":
        module.unlink()
    else:
        (module if change == "edited" else module.with_name("more.py")).write_text("# mine\n")
    project.build(release)
    assert project.stubs() == before


@pytest.mark.slow
def test_the_pin_is_built_the_same_whatever_stubs_exist(project: Project, release: Path) -> None:
    project.build(release)
    project.build()
    first = project.stubs()
    shutil.rmtree(project.api)
    assert project.run("build", PYTHONHASHSEED="1").returncode == 0
    assert project.stubs() == first
    assert "greeter/v1/__init__.py" not in first


def test_two_projects_build_the_same_stubs(project: Project, release: Path, tmp_path: Path) -> None:
    twin = Project(shutil.copytree(project.root, tmp_path / "elsewhere" / "twin"))
    project.build(release)
    assert twin.run("build", str(release), PYTHONHASHSEED="1").returncode == 0
    assert twin.stubs() == project.stubs()


@pytest.fixture(params=[signal.default_int_handler, signal.SIG_IGN], ids=["default", "ignored"])
def _interrupts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Children of a process that ignores SIGINT ignore it too, unless they set a handler."""
    former = signal.signal(signal.SIGINT, request.param)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("_interrupts")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_keeps_the_earlier_stubs(
    project: Project, release: Path, number: signal.Signals
) -> None:
    project.build(release)
    before = project.stubs()
    building = subprocess.Popen(project.command("build"), cwd=project.root, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not list(project.root.glob("build/protos/tmp-*")):
        assert time.monotonic() < deadline, "the build never began"
        time.sleep(0.002)
    building.send_signal(number)
    _, errors = building.communicate(timeout=30)
    assert building.returncode in (128 + number, -number)
    assert "Traceback" not in errors
    assert project.stubs() == before
    if number != signal.SIGKILL:
        assert not list(project.root.glob("build/protos/tmp-*"))
    assert "up to date" in project.build(release)
    assert not list(project.root.glob("build/protos/tmp-*"))


def test_a_build_that_was_killed_between_two_renames_is_repaired(project: Project, release: Path) -> None:
    project.build(release)
    before = project.stubs()
    project.api.rename(project.root / "build" / "protos" / "previous-api")
    assert "up to date" in project.build(release)
    assert project.stubs() == before


def test_concurrent_builds_run_one_after_the_other(project: Project, release: Path, image: Path) -> None:
    sources = [release, image, release]
    builds = [
        subprocess.Popen(
            project.command("build", source), cwd=project.root, stdout=subprocess.PIPE, text=True
        )
        for source in sources
    ]
    assert all(building.communicate(timeout=60)[0] for building in builds)
    assert [building.returncode for building in builds] == [0, 0, 0]
    last = project.python("from zitadel_grpc.api import PROTO_SOURCE; print(PROTO_SOURCE.name)")
    source = {"zitadel-v9/proto": release, "images/release.binpb": image}[last]
    assert "up to date" in project.build(source)


def test_stubs_can_be_generated_outside_the_tree(project: Project, release: Path, tmp_path: Path) -> None:
    project.build(release, "--out", tmp_path / "aside")
    assert (tmp_path / "aside" / "greeter" / "v1" / "__init__.py").exists()
    assert not project.api.exists()


def test_existing_files_outside_the_tree_stay(project: Project, release: Path, tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    refusal = project.refusal("build", release, "--out", tmp_path / "aside")
    assert f"{tmp_path / 'aside'} exists" in refusal
    assert not list((tmp_path / "aside").iterdir())
