"""docs/calls.md: its code does what it says, and it names every option."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetUserMetadataRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "calls.md").read_text(encoding="utf-8")


def functions() -> dict[str, Any]:
    defined: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(code, defined)  # noqa: S102
    return defined


async def test_its_code_does_what_it_says(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    page, user_id = functions(), emulator.key_file["userId"]
    async with AsyncClient(emulator.url, key, options=options) as client:
        assert await page["organization"](client) == "ZITADEL"
    with Client(emulator.url, key, options=options) as sync_client:
        page["note"](sync_client, user_id)
        noted = sync_client.management.GetUserMetadata(GetUserMetadataRequest(id=user_id, key="seen"))
        assert noted.metadata.value == b"yes"


def test_it_names_every_option() -> None:
    table = PAGE.partition("## Connection")[2].partition("\n## ")[0]
    named = set(
        re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line))
    )
    assert named == {field.name for field in dataclasses.fields(ConnectionOptions)}
