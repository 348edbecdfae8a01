"""Type checkers understand the lazy packages: responses are typed, and an unknown name is an error."""

from pathlib import Path

import pytest

from tests.type_checkers import CHECKERS, assert_only_wrong_lines_have_errors

CODE = """\
from typing import assert_type

import grpc.aio

from zitadel_grpc.api._services import AsyncServices, Services
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetMyOrgResponse, ManagementServiceStub
from zitadel_grpc.api.management.v1 import NoSuchRequest  # wrong
from zitadel_grpc.api.user.v2 import AddHumanUserRequest, SetHumanEmail


async def call(client: AsyncServices, sync_client: Services, channel: grpc.aio.Channel) -> None:
    assert_type(await client.management.GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(sync_client.management.GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(AddHumanUserRequest(email=SetHumanEmail(email="x")).email.email, str)
    await client.management.GetMyOrg(GetMyOrgRequest(name="x"))  # wrong
    await client.no_such_service.GetMyOrg(GetMyOrgRequest())  # wrong
"""


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_accept_correct_code_and_find_mistakes(checker: str, tmp_path: Path) -> None:
    assert_only_wrong_lines_have_errors(checker, CODE, tmp_path)
