"""Writes files atomically, and locks directories so that only one process writes to them."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from zitadel_grpc.cli._errors import CommandError


def make_directory(path: Path) -> None:
    """Raises CommandError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot create the directory {path}: {error.strerror}") from None


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Holds a lock on a directory, which the kernel releases however the process ends.

    Raises CommandError if another process holds the lock.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # Windows does not have it

    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise CommandError(f"cannot open the directory {directory}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"{directory} is in use by another emulator: stop it, or choose another --dir"
            ) from None
        except OSError:
            pass  # some network file systems cannot lock directories
        yield
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes a temporary file with `mode`, then renames it. Raises CommandError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None
