"""examples/quickstart.py, against the emulator as a process of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.examples.conftest import Run, Zitadel

QUICKSTART = "examples/quickstart.py"
ANSWERS = ("organization ZITADEL", "instance ZITADEL", "user first-service-user")


def _answers_of(output: str, credentials: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(f"{credentials} ")]


def _has_all_answers(lines: list[str]) -> bool:
    return len(lines) == 3 and all(text in line for line, text in zip(lines, ANSWERS, strict=True))


def test_three_apis_answer_to_a_key_file(zitadel: Zitadel, run: Run) -> None:
    ended = run(QUICKSTART, zitadel.settings(key=True))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert _has_all_answers(_answers_of(ended.stdout, "JwtProfile"))
    assert not _answers_of(ended.stdout, "PersonalAccessToken")


def test_they_answer_to_a_personal_access_token_too(zitadel: Zitadel, run: Run) -> None:
    ended = run(QUICKSTART, zitadel.settings(key=True, pat=True))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert _has_all_answers(_answers_of(ended.stdout, "JwtProfile"))
    assert _has_all_answers(_answers_of(ended.stdout, "PersonalAccessToken"))


def test_without_settings_it_says_which_are_missing(zitadel: Zitadel, run: Run) -> None:
    for settings in ({}, zitadel.settings()):
        ended = run(QUICKSTART, settings)
        assert ended.returncode == 1
        assert ended.stderr == "set ZITADEL_API_URL, and ZITADEL_KEY_PATH or ZITADEL_SERVICE_USER_TOKEN\n"


def test_a_refused_token_is_told_in_the_table(zitadel: Zitadel, run: Run) -> None:
    settings = zitadel.settings() | {"ZITADEL_SERVICE_USER_TOKEN": "not-a-token-of-this-server"}
    ended = run(QUICKSTART, settings)
    assert (ended.returncode, ended.stderr) == (1, "")
    refused = _answers_of(ended.stdout, "PersonalAccessToken")
    assert len(refused) == 3
    assert all("UNAUTHENTICATED: the token is not known to this server" in line for line in refused)


def test_a_refused_key_ends_it_with_the_reason(zitadel: Zitadel, run: Run, tmp_path: Path) -> None:
    key = json.loads((zitadel.directory / "key.json").read_text()) | {"keyId": "1"}
    (tmp_path / "key.json").write_text(json.dumps(key))
    ended = run(QUICKSTART, zitadel.settings() | {"ZITADEL_KEY_PATH": str(tmp_path / "key.json")})
    assert ended.returncode == 1
    assert "invalid_grant" in ended.stderr
    assert "keyId 1," in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_that_is_not_there_ends_it_with_the_reason(zitadel: Zitadel, run: Run) -> None:
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
