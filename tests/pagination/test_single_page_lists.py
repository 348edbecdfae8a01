"""Lists without pages: one response holds all items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.transport.counting import Traffic
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.admin.v1 import ListIAMMemberRolesRequest
from zitadel_grpc.api.management.v1 import ListOrgMemberRolesRequest, ListProjectMemberRolesRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.testing import Emulator

Choose = Callable[[Any], Any]
LISTS = {
    "instance": (lambda client: client.admin.ListIAMMemberRoles, ListIAMMemberRolesRequest(), "IAM_OWNER"),
    "organization": (
        lambda client: client.management.ListOrgMemberRoles,
        ListOrgMemberRolesRequest(),
        "ORG_OWNER",
    ),
    "project": (
        lambda client: client.management.ListProjectMemberRoles,
        ListProjectMemberRolesRequest(),
        "PROJECT_OWNER",
    ),
}
each_list = pytest.mark.parametrize(("choose", "request_", "role"), LISTS.values(), ids=LISTS)


@each_list
async def test_an_async_pager_makes_one_call(
    emulator: Emulator, options: ConnectionOptions, choose: Choose, request_: Any, role: str
) -> None:
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        pager = client.paginate(choose(client), request_)
        traffic = Traffic(emulator)
        roles = [each async for each in pager]
        assert len(traffic.calls) == 1
        assert pager.total == len(roles)
        assert role in roles


@each_list
def test_a_sync_pager_yields_the_one_page(
    emulator: Emulator, options: ConnectionOptions, choose: Choose, request_: Any, role: str
) -> None:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        (page,) = client.paginate(choose(client), request_).pages()
        assert role in page
