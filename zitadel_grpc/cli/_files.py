"""Files that commands write: whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from zitadel_grpc.cli._errors import CommandError


def make_directory(path: Path) -> None:
    """Raises CommandError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot make the directory {path}: {error.strerror}") from None


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes aside, then renames; `mode` holds from the first byte on. Raises CommandError."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None
