"""The ZITADEL for tests of behaviour: an emulator, or the server in the environment."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zitadel_grpc.testing import Emulator


@dataclass(frozen=True)
class Server:
    url: str
    root_certificates: bytes = field(repr=False)
    pat: str = field(repr=False)
    """Personal access token of the first service user, an IAM_OWNER."""
    key_file: Mapping[str, str] = field(repr=False)
    """Key file of the same user."""
    system_key: str | None = field(repr=False)
    """Private key (PEM) of the System API user `system-user`, or None if it is not set."""
    is_fresh: bool = True
    """Whether it contains no other data. Lists of shared servers have more entries."""
    patience: float = 0.0
    """Seconds within which writes become visible everywhere."""


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Server]:
    """The server of ZITADEL_TEST_URL, or a new emulator if that is not set."""
    if named := named_server():
        yield named
    else:
        async with Emulator() as emulator:
            yield server_of(emulator)


def named_server() -> Server | None:
    """The server of ZITADEL_TEST_URL, or None if that is not set.

    ZITADEL_TEST_CA, ZITADEL_TEST_KEY, ZITADEL_TEST_PAT and, for the System API, ZITADEL_TEST_SYSTEM_KEY are
    paths of files, or their contents.
    """
    if not (url := os.environ.get("ZITADEL_TEST_URL")):
        return None
    return Server(
        url=url.rstrip("/"),
        root_certificates=_read("ZITADEL_TEST_CA").encode(),
        pat=_read("ZITADEL_TEST_PAT").strip(),
        key_file=json.loads(_read("ZITADEL_TEST_KEY")),
        system_key=_read("ZITADEL_TEST_SYSTEM_KEY") if "ZITADEL_TEST_SYSTEM_KEY" in os.environ else None,
        is_fresh=False,
        patience=10.0,
    )


def server_of(emulator: Emulator) -> Server:
    return Server(
        url=emulator.url,
        root_certificates=emulator.root_certificates,
        pat=emulator.pat,
        key_file=emulator.key_file,
        system_key=emulator.system_key,
    )


def _read(variable: str) -> str:
    value = os.environ[variable]
    is_content = value.lstrip().startswith(("{", "-----BEGIN")) or len(value) > 255
    return value if is_content or not Path(value).is_file() else Path(value).read_text(encoding="utf-8")
