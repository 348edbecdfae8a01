"""examples/quickstart.py, against the emulator in another process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.examples.conftest import Run, Zitadel

QUICKSTART = "examples/quickstart.py"
RESULTS = ("organization ZITADEL", "instance ZITADEL", "user first-service-user")


def _results_of(output: str, credentials: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(f"{credentials} ")]


def _all_succeeded(lines: list[str]) -> bool:
    return len(lines) == 3 and all(text in line for line, text in zip(lines, RESULTS, strict=True))


def test_calls_with_a_key_file_succeed(zitadel: Zitadel, run: Run) -> None:
    ended = run(QUICKSTART, zitadel.settings(key=True))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert _all_succeeded(_results_of(ended.stdout, "JwtProfile"))
    assert not _results_of(ended.stdout, "PersonalAccessToken")


def test_calls_with_a_personal_access_token_succeed(zitadel: Zitadel, run: Run) -> None:
    ended = run(QUICKSTART, zitadel.settings(key=True, pat=True))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert _all_succeeded(_results_of(ended.stdout, "JwtProfile"))
    assert _all_succeeded(_results_of(ended.stdout, "PersonalAccessToken"))


def test_missing_settings_are_reported(zitadel: Zitadel, run: Run) -> None:
    for settings in ({}, zitadel.settings()):
        ended = run(QUICKSTART, settings)
        assert ended.returncode == 1
        assert ended.stderr == (
            "settings are missing: set ZITADEL_API_URL, and ZITADEL_KEY_PATH or ZITADEL_SERVICE_USER_TOKEN\n"
        )


def test_a_rejected_token_is_reported_in_the_table(zitadel: Zitadel, run: Run) -> None:
    settings = zitadel.settings() | {"ZITADEL_SERVICE_USER_TOKEN": "not-a-token-of-this-server"}
    ended = run(QUICKSTART, settings)
    assert (ended.returncode, ended.stderr) == (1, "")
    rejected = _results_of(ended.stdout, "PersonalAccessToken")
    assert len(rejected) == 3
    assert all("UNAUTHENTICATED: the server rejected the token" in line for line in rejected)


def test_a_rejected_key_ends_it_with_the_reason(zitadel: Zitadel, run: Run, tmp_path: Path) -> None:
    key = json.loads((zitadel.directory / "key.json").read_text()) | {"keyId": "1"}
    (tmp_path / "key.json").write_text(json.dumps(key))
    ended = run(QUICKSTART, zitadel.settings() | {"ZITADEL_KEY_PATH": str(tmp_path / "key.json")})
    assert ended.returncode == 1
    assert "invalid_grant" in ended.stderr
    assert "keyId 1," in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unreachable_server_ends_it_with_the_reason(zitadel: Zitadel, run: Run) -> None:
    ended = run(QUICKSTART, zitadel.settings(key=True) | {"ZITADEL_API_URL": "https://localhost:1"})
    assert ended.returncode == 1
    assert "https://localhost:1/oauth/v2/token cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_file_ends_it_with_its_name(zitadel: Zitadel, run: Run) -> None:
    for setting in ("ZITADEL_KEY_PATH", "ZITADEL_CA_FILE"):
        ended = run(QUICKSTART, zitadel.settings(key=True) | {setting: "/no/such/file"})
        assert ended.returncode == 1
        assert "/no/such/file" in ended.stderr
        assert "Traceback" not in ended.stderr
