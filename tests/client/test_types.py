"""What type checkers know about the clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.type_checkers import CHECKERS, assert_only_wrong_lines_have_errors

CODE = """\
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

import grpc
import grpc.aio

from zitadel_grpc import AsyncClient, Client, ZitadelAuthPlugin, secure_channel
from zitadel_grpc.api.action.v2beta import ListExecutionMethodsRequest
from zitadel_grpc.api.management.v1 import (
    GetMyOrgRequest, GetMyOrgResponse, ListUsersRequest, ListUsersResponse, ManagementServiceStub
)
from zitadel_grpc.api.metadata.v2 import Metadata
from zitadel_grpc.api.session.v2 import ListSessionsRequest, Session
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.api.user.v2 import ListUserMetadataRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import NotFound, RpcError
from zitadel_grpc.pagination import AsyncPager, Pager

pat = PersonalAccessToken("ey.some.token")


async def asynchronous(client: AsyncClient) -> None:
    call = client.management.GetMyOrg(GetMyOrgRequest(), timeout=1.0, metadata=(("x-own", "1"),))
    assert_type(await call, GetMyOrgResponse)
    assert_type(await call.code(), grpc.StatusCode)
    assert_type(await client.stub(ManagementServiceStub).GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(client.with_org("1"), AsyncClient)
    assert_type(await client.access_token(), str)
    async with AsyncClient("https://localhost", pat) as made:
        assert_type(made, AsyncClient)
    assert_type(secure_channel("https://localhost", pat), grpc.aio.Channel)
    plugin: grpc.AuthMetadataPlugin = ZitadelAuthPlugin("https://localhost", pat)
    assert_type(client.paginate(client.management.ListUsers, ListUsersRequest()), AsyncPager[User])
    async for user in client.paginate(client.management.ListUsers, ListUsersRequest(), prefetch=True):
        assert_type(user, User)
    assert_type(client.paginate(client.session_v2.ListSessions, ListSessionsRequest()), AsyncPager[Session])
    metadata = client.paginate(client.user_v2.ListUserMetadata, ListUserMetadataRequest(), page_size=7)
    assert_type(metadata, AsyncPager[Metadata])
    methods = client.paginate(client.action_v2beta.ListExecutionMethods, ListExecutionMethodsRequest())
    assert_type(methods, AsyncPager[str])
    assert_type(await methods.count(), int)
    assert_type(methods.total, int | None)
    assert_type(metadata.pages(), AsyncIterator[list[Metadata]])
    found = await client.wait_until(
        lambda: client.management.ListUsers(ListUsersRequest()), lambda found: len(found.result) > 7
    )
    assert_type(found, ListUsersResponse)
    assert_type(await client.wait_until(client.access_token, retry_on=(NotFound,)), str)
    client.paginate(client.management.GetMyOrg, GetMyOrgRequest())  # wrong
    client.paginate(client.management.ListUsers, GetMyOrgRequest())  # wrong
    await client.wait_until(client.access_token, retry_on=ValueError)  # wrong
    client.manegement  # wrong
    await client.management.GetMyOrk(GetMyOrgRequest())  # wrong
    await client.management.GetMyOrg("request")  # wrong
    AsyncClient("https://localhost", "ey.some.token")  # wrong


def synchronous(client: Client) -> None:
    assert_type(client.management.GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(client.management.GetMyOrg.with_call(GetMyOrgRequest()), tuple[GetMyOrgResponse, grpc.Call])
    assert_type(client.management.GetMyOrg.future(GetMyOrgRequest()).result(), GetMyOrgResponse)
    assert_type(client.stub(ManagementServiceStub).GetMyOrg(GetMyOrgRequest()), GetMyOrgResponse)
    assert_type(client.with_org("1"), Client)
    assert_type(client.access_token(), str)
    try:
        client.admin.Healthz
    except RpcError as error:
        assert_type(error.code(), grpc.StatusCode)
        assert_type(error.error_id, str | None)
        assert_type(error.rpc, str)
    for user in client.paginate(client.management.ListUsers, ListUsersRequest()):
        assert_type(user, User)
    sessions = client.paginate(client.session_v2.ListSessions, ListSessionsRequest())
    assert_type(sessions, Pager[Session])
    assert_type(sessions.count(), int)
    assert_type(sessions.pages(), Iterator[list[Session]])
    found = client.wait_until(
        lambda: client.management.ListUsers(ListUsersRequest()), lambda found: len(found.result) > 7
    )
    assert_type(found, ListUsersResponse)
    client.paginate(client.management.GetMyOrg, GetMyOrgRequest())  # wrong
    client.manegement  # wrong
"""


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_accept_correct_code_and_find_mistakes(checker: str, tmp_path: Path) -> None:
    assert_only_wrong_lines_have_errors(checker, CODE, tmp_path)
