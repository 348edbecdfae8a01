"""docs/calls.md: its code works, and its table lists every option in the order of the class."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.user.v2 import ListUserMetadataRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "calls.md").read_text(encoding="utf-8")


def functions() -> dict[str, Any]:
    defined: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(code, defined)  # noqa: S102
    return defined


async def test_its_code_works(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> None:
    page, user_id = functions(), emulator.key_file["userId"]
    async with AsyncClient(emulator.url, key, options=options) as client:
        assert await page["organization"](client) == "ZITADEL"
    with Client(emulator.url, key, options=options) as sync_client:
        page["note"](sync_client, user_id)
        noted = sync_client.user_v2.ListUserMetadata(ListUserMetadataRequest(user_id=user_id))
        assert [(entry.key, entry.value) for entry in noted.metadata] == [("seen", b"yes")]


def test_it_lists_every_option_in_the_order_of_the_class() -> None:
    table = PAGE.partition("## Connection")[2].partition("\n## ")[0]
    first_column = "".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
    listed = re.findall(r"`([a-z_]+)`", first_column)
    assert listed == [field.name for field in dataclasses.fields(ConnectionOptions)]
