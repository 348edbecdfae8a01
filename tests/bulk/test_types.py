"""What type checkers know about a run, and which modules it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.type_checkers import CHECKERS, assert_only_wrong_lines_have_errors

CODE = """\
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import assert_type

from zitadel_grpc import AsyncClient, Client, bulk
from zitadel_grpc.api.management.v1 import AddMachineUserRequest, AddMachineUserResponse, GetMyOrgRequest
from zitadel_grpc.errors import RpcError, TokenEndpointError

Outcome = bulk.Outcome[AddMachineUserRequest, AddMachineUserResponse]


async def asynchronous(client: AsyncClient, later: AsyncIterator[AddMachineUserRequest]) -> None:
    async for outcome in bulk.run(client.management.AddMachineUser, [AddMachineUserRequest()]):
        assert_type(outcome, Outcome)
        assert_type(outcome.request, AddMachineUserRequest)
        assert_type(outcome.response, AddMachineUserResponse)
        assert_type(outcome.error, RpcError | TokenEndpointError | None)
    async for outcome in bulk.run(client.management.AddMachineUser, later, concurrency=50):
        assert_type(outcome, Outcome)
    async for outcome in bulk.run(partial(client.management.AddMachineUser, timeout=5.0), later):
        assert_type(outcome.response, AddMachineUserResponse)
    bulk.run(client.management.AddMachineUser, [GetMyOrgRequest()])  # wrong
    for outcome in bulk.run(client.management.AddMachineUser, [AddMachineUserRequest()]): ...  # wrong


def synchronous(client: Client, later: AsyncIterator[AddMachineUserRequest]) -> None:
    for outcome in bulk.run(client.management.AddMachineUser, [AddMachineUserRequest()]):
        assert_type(outcome, Outcome)
        assert_type(outcome.request, AddMachineUserRequest)
        assert_type(outcome.response, AddMachineUserResponse)
    bulk.run(client.management.AddMachineUser, [GetMyOrgRequest()])  # wrong
    bulk.run(client.management.AddMachineUser, later)  # wrong
"""


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_accept_correct_code_and_find_mistakes(checker: str, tmp_path: Path) -> None:
    assert_only_wrong_lines_have_errors(checker, CODE, tmp_path)


def test_bulk_and_dask_are_imported_only_when_used() -> None:
    clients = "from zitadel_grpc import AsyncClient, Client; AsyncClient, Client"
    for statement, unwanted in ((clients, "zitadel_grpc.bulk"), ("import zitadel_grpc.bulk", "dask")):
        script = f"import sys; {statement}; print(*sys.modules)"
        loaded = subprocess.check_output([sys.executable, "-c", script], text=True, timeout=50).split()
        assert unwanted not in loaded
        assert "zitadel_grpc._client" in loaded or "zitadel_grpc.bulk" in loaded
