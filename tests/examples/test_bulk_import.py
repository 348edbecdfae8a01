"""examples/bulk_import.py, run to completion, run a second time, and resumed after it was killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.user.v2 import GetUserByIDRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

FIELDS = ["user_name", "first_name", "last_name", "email"]
SCRIPT = Path(__file__).parents[2] / "examples" / "bulk_import.py"


def person(number: int) -> dict[str, str]:
    email = f"person-{number}@example.com"
    return dict(zip(FIELDS, (f"person-{number}", "Ada", f"Lovelace {number}", email), strict=True))


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ZITADEL_")},
        "ZITADEL_API_URL": emulator.url,
        "ZITADEL_CA_FILE": str(tmp_path / "ca.pem"),
        "ZITADEL_KEY_JSON": json.dumps(emulator.key_file),
    }


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(person(number) for number in range(200))
    return path


def imported(path: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(path)], env=settings, capture_output=True, text=True, timeout=50
    )


def ids(output: str) -> dict[str, str]:
    return dict(line.split("\t") for line in output.splitlines())


def test_people_of_a_csv_file_are_imported_once(
    people: Path, settings: dict[str, str], emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    ended = imported(people, settings)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.splitlines()[-1] == "200 imported, 0 failed, 0 skipped (imported earlier)"
    found = ids(ended.stdout)
    assert found.keys() == {f"person-{number}" for number in range(200)}
    with Client(emulator.url, key, options=options) as client:
        user = client.user_v2.GetUserByID(GetUserByIDRequest(user_id=found["person-7"])).user
    assert user.human.email.email == "person-7@example.com"
    assert user.human.profile.family_name == "Lovelace 7"

    again = imported(people, settings)
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr.splitlines()[-1] == "0 imported, 0 failed, 200 skipped (imported earlier)"


def test_people_of_a_json_lines_file_are_imported_once(tmp_path: Path, settings: dict[str, str]) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text("".join(json.dumps(person(number)) + "\n" for number in range(3)), encoding="utf-8")
    ended = imported(path, settings)
    assert ended.returncode == 0, ended.stderr
    assert ids(ended.stdout).keys() == {"person-0", "person-1", "person-2"}


def test_it_resumes_after_it_was_killed(people: Path, settings: dict[str, str]) -> None:
    command = [sys.executable, "-u", str(SCRIPT), str(people), "--concurrency", "5"]
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = list(islice(process.stdout, 50))
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert len(lines) < 200

    ended = imported(people, settings)

    assert ended.returncode == 0, ended.stderr
    names = ids("".join(lines)).keys() | ids(ended.stdout).keys()
    assert names == {f"person-{number}" for number in range(200)}


def test_failures_are_reported_and_the_others_are_imported(people: Path, settings: dict[str, str]) -> None:
    with people.open("a", encoding="utf-8") as file:
        file.write("person-200,Ada,Lovelace,no-email\n")
    ended = imported(people, settings)
    assert ended.returncode == 1
    assert len(ids(ended.stdout)) == 200
    assert "person-200 failed: INVALID_ARGUMENT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_changed_file_is_refused(people: Path, settings: dict[str, str]) -> None:
    imported(people, settings)
    with people.open("a", encoding="utf-8") as file:
        file.write("person-200,Ada,Lovelace,ada@example.com\n")
    ended = imported(people, settings)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "people.csv.resume belongs to another job" in ended.stderr


def test_a_person_without_email_is_an_error_with_its_number(tmp_path: Path, settings: dict[str, str]) -> None:
    path = tmp_path / "people.jsonl"
    rows = (person(0), {"user_name": "ada"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ended = imported(path, settings)
    assert ended.returncode == 1
    assert ids(ended.stdout).keys() == {"person-0"}
    assert "people.jsonl: person 2 is incomplete: 'first_name'" in ended.stderr
    assert "Traceback" not in ended.stderr
