"""Type checkers understand the lazy packages: responses are typed, and an unknown name is an error."""

import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """
from typing import assert_type

import grpc.aio

from zitadel_grpc.api._services import AsyncServices, Services
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetMyOrgResponse, ManagementServiceStub
from zitadel_grpc.api.user.v2 import AddHumanUserRequest, SetHumanEmail


async def call(client: AsyncServices, sync_client: Services, channel: grpc.aio.Channel) -> None:
    assert_type(await client.management.GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(sync_client.management.GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(AddHumanUserRequest(email=SetHumanEmail(email="x")).email.email, str)
"""
BAD = """
from zitadel_grpc.api._services import AsyncServices
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, NoSuchRequest


async def call(client: AsyncServices) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest(name="x"))
    await client.no_such_service.GetMyOrg(GetMyOrgRequest())
"""
CHECKERS = {
    "mypy": ["mypy", "--strict", "--cache-dir=/dev/null"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


def check(checker: str, code: str, directory: Path) -> subprocess.CompletedProcess[str]:
    (directory / "code.py").write_text(code)
    command = [sys.executable, "-m", *CHECKERS[checker], "code.py"]
    return subprocess.run(command, check=False, cwd=directory, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_calls_are_typed(checker: str, tmp_path: Path) -> None:
    done = check(checker, GOOD, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_mistakes_are_found(checker: str, tmp_path: Path) -> None:
    done = check(checker, BAD, tmp_path)
    assert done.returncode == 1
    assert all(name in done.stdout for name in ("NoSuchRequest", '"name"', "no_such_service"))
    assert done.stdout.count("error:") == 3
