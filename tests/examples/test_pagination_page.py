"""The code in docs/pagination.md works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "pagination.md").read_text(encoding="utf-8")


async def test_its_code_works(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, capsys: pytest.CaptureFixture[str]
) -> None:
    page: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(code, page)  # noqa: S102
    emulator.faults.projection_lag = 0.1
    async with AsyncClient(emulator.url, key, options=options) as client:
        await page["add_robot"](client, emulator.organization_id)
        names = await page["user_names"](client)
        assert "robot" in names
        assert await page["read_all"](client) == len(names)
        assert capsys.readouterr().out.endswith(f"{len(names)} of {len(names)}")
        assert await page["batch_sizes"](client) == [len(names)]
        assert await page["wait_for_role"](client) == "ZITADEL"
