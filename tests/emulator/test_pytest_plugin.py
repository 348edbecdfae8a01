"""The pytest fixtures, in separate runs of pytest."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_TESTS = """
import pytest
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import AddMachineUserRequest, ListUsersRequest
from zitadel_grpc.credentials import JwtProfile


@pytest.fixture(scope="module")
def seeded(zitadel):
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    with Client(zitadel.url, JwtProfile.from_dict(zitadel.key_file), options=options) as client:
        client.management.AddMachineUser(AddMachineUserRequest(user_name="seeded", name="SeedResult"))


async def usernames(client):
    listed = await client.management.ListUsers(ListUsersRequest())
    return {user.user_name for user in listed.result}


@pytest.mark.MARK
async def test_writes(zitadel, zitadel_client):
    zitadel.faults.token_lifetime = 1
    await zitadel_client.management.AddMachineUser(AddMachineUserRequest(user_name="stray", name="Stray"))
    assert "stray" in await usernames(zitadel_client)
    assert len(zitadel.calls) == 2


@pytest.mark.MARK
async def test_starts_without_changes(zitadel, zitadel_client):
    assert (zitadel.calls, zitadel.faults.token_lifetime) == ([], 43200)
    assert not {"stray", "seeded"} & await usernames(zitadel_client)


@pytest.mark.MARK
async def test_has_what_was_seeded(seeded, zitadel, zitadel_client):
    assert (zitadel.calls, zitadel.token_requests) == ([], 0)
    await zitadel_client.management.AddMachineUser(AddMachineUserRequest(user_name="stray", name="Stray"))


@pytest.mark.MARK
async def test_still_has_it(seeded, zitadel_client):
    assert {"stray", "seeded"} & await usernames(zitadel_client) == {"seeded"}
"""


def run(tmp_path: Path, tests: str, *options: str, before: str = "pass") -> tuple[int, str]:
    """Runs pytest on these tests, with warnings as errors, and returns its exit status and output."""
    tmp_path.joinpath("test_service.py").write_text(tests, encoding="utf-8")
    arguments = ["-q", "-W", "error", "-p", "no:cacheprovider", *options, "test_service.py"]
    code = f"import sys; {before}; import pytest; sys.exit(pytest.main({arguments!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("mark", "options"),
    [
        ("asyncio", ["asyncio_mode=strict", "asyncio_default_fixture_loop_scope=function"]),
        (
            "asyncio(loop_scope='session')",
            ["asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function"],
        ),
        ("anyio", ["asyncio_default_fixture_loop_scope=function"]),
    ],
    ids=["pytest-asyncio", "pytest-asyncio, one loop for all", "anyio"],
)
def test_each_test_starts_with_the_data_of_fixtures_of_wider_scopes(
    tmp_path: Path, mark: str, options: list[str]
) -> None:
    overrides = [part for option in options for part in ("-o", option)]
    code, output = run(tmp_path, _TESTS.replace("MARK", mark), *overrides)
    assert code == 0, output


def test_async_tests_can_run_in_anyio(tmp_path: Path) -> None:
    code, output = run(tmp_path, _TESTS.replace("MARK", "anyio"), "-p", "no:asyncio")
    assert code == 0, output


def test_changes_by_the_test_that_starts_the_emulator_are_undone(tmp_path: Path) -> None:
    code, output = run(
        tmp_path,
        """
def test_starts_it(request):
    zitadel = request.getfixturevalue("zitadel")
    zitadel.faults.latency = 5

def test_starts_without_changes(zitadel):
    assert zitadel.faults.latency == 0
""",
        "-p",
        "no:asyncio",
    )
    assert code == 0, output


def test_fixtures_without_the_extra_say_what_to_install_and_other_tests_pass(tmp_path: Path) -> None:
    code, output = run(
        tmp_path,
        "def test_with_it(zitadel): ...\ndef test_without_it(): ...",
        "-p",
        "no:asyncio",
        before="sys.modules['trustme'] = None",
    )
    assert code == 1
    assert "zitadel_grpc.testing requires trustme: pip install 'zitadel-grpc[testing]'" in output
    assert "1 passed, 1 error" in output


def test_the_plugin_loads_nothing_until_it_is_used() -> None:
    code = "import sys, pytest, zitadel_grpc.testing.pytest_plugin; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "zitadel_grpc.testing.pytest_plugin" in loaded
    assert not loaded & {"grpc", "google.protobuf", "httpx2", "jwt", "cryptography", "h2", "trustme"}


_DEPRECATED = """
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import ListUsersRequest
from zitadel_grpc.credentials import PersonalAccessToken


def test_calls(zitadel):
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    with Client(zitadel.url, PersonalAccessToken(zitadel.pat), options=options) as client:
        client.management.ListUsers(ListUsersRequest())
"""


@pytest.mark.pin
@pytest.mark.parametrize("value", ["true", "false"])
def test_an_ini_option_makes_every_client_warn_about_deprecated_rpcs(tmp_path: Path, value: str) -> None:
    status, printed = run(tmp_path, _DEPRECATED, "-p", "no:asyncio", "-o", f"zitadel_warn_deprecated={value}")
    assert status == (1 if value == "true" else 0), printed
    message = "DeprecationWarning: zitadel.management.v1.ManagementService/ListUsers is deprecated"
    assert (message in printed) is (value == "true")
