"""The build directory build/protos: its lock, temporary directories, and the final swap."""

import contextlib
import hashlib
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from scripts.protos.errors import ProtosError

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "zitadel_grpc" / "api"
WORKSPACE = ROOT / "build" / "protos"
LOCK_FILE = ROOT / "protos" / "package-lock.json"
EXPORTER = ROOT / "scripts" / "export_descriptors.mjs"
PIN_FILES = (
    ROOT / "protos" / "package.json",
    LOCK_FILE,
    EXPORTER,
    ROOT / "scripts" / "protos" / "typescript.py",
)
"""All files that determine the descriptors and comments of the pin."""

_LOCK_TIMEOUT = 300.0  # seconds; a build takes a few


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Locks the workspace, and repairs the state that a killed build left."""
    try:
        import fcntl
    except ImportError:
        raise ProtosError("generating the stubs requires Linux, macOS or WSL: see protos/README.md") from None
    WORKSPACE.mkdir(parents=True, exist_ok=True)
    with (WORKSPACE / "lock").open("w") as lock:
        deadline = time.monotonic() + _LOCK_TIMEOUT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ProtosError(
                        f"another build of the stubs holds {lock.name}: wait until it has finished"
                    ) from None
                time.sleep(0.1)
        _restore(API)
        for left in WORKSPACE.glob("tmp-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A directory on the file system of the stubs, so that a rename can install the result."""
    path = WORKSPACE / f"tmp-{uuid.uuid4().hex}"
    try:  # mkdir is inside: an interrupt can come right after it
        path.mkdir()
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def swap(new: Path, target: Path) -> None:
    """Replaces a directory with another. Whatever happens, one of the two is in place."""
    previous = _previous(target)
    try:
        if target.exists():
            target.rename(previous)
        new.rename(target)
    finally:
        _restore(target)


def digest(*paths: Path) -> str:
    """A hash of the names and contents of files, and of all files below directories."""
    result = hashlib.sha256()
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" not in file.parts:
                data = file.read_bytes()
                result.update(f"{file.relative_to(path.parent).as_posix()}\0{len(data)}\0".encode())
                result.update(data)
    return result.hexdigest()


def _previous(target: Path) -> Path:
    return WORKSPACE / f"previous-{target.name}"


def _restore(target: Path) -> None:
    previous = _previous(target)
    if previous.exists():
        if target.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(target)
