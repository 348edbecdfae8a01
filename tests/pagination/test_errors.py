"""Errors while a list is read through AsyncClient, and arguments that are refused."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from tests.pagination.users import LIST_USERS, ids, list_users, requested_pages
from tests.transport.counting import until
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.filter.v2beta import PaginationRequest
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ListUsersRequest
from zitadel_grpc.api.project.v2beta import ListProjectsRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import (
    ClosedError,
    ConfigurationError,
    DeadlineExceeded,
    InvalidArgument,
    Unavailable,
)
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize("prefetch", [False, True])
async def test_after_an_error_the_same_page_is_requested_again(
    client: AsyncClient, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    pager = list_users(client, prefetch=prefetch)
    found = [await anext(pager)]
    await until(lambda: len(requested_pages(emulator)) == 1 + prefetch)
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.INVALID_ARGUMENT)
    with pytest.raises(InvalidArgument) as raised:
        found += [user async for user in pager]
    assert raised.value.rpc == LIST_USERS
    rest = ids([user async for user in pager])
    assert users[-len(rest) :] == rest


async def test_the_timeout_applies_to_each_page(client: AsyncClient, emulator: Emulator) -> None:
    emulator.faults.latency = 30.0
    pager = client.paginate(client.management.ListUsers, ListUsersRequest(), timeout=0.05)
    with pytest.raises(DeadlineExceeded):
        await anext(pager)


@pytest.mark.parametrize("prefetch", [False, True])
@pytest.mark.usefixtures("users")
async def test_a_closed_client_raises_closed_error(
    client: AsyncClient, emulator: Emulator, prefetch: bool
) -> None:
    await client.access_token()
    emulator.faults.latency = 0.3  # so that the prefetch is still in progress
    pager = list_users(client, prefetch=prefetch)
    assert await pager.count()
    await client.close()
    with pytest.raises(ClosedError):
        [user async for user in pager]


async def test_a_limit_that_the_server_refuses_is_an_error(client: AsyncClient) -> None:
    request = ListProjectsRequest(pagination=PaginationRequest(limit=1001))
    with pytest.raises(InvalidArgument, match="Limit exceeded"):
        await anext(client.paginate(client.project_v2beta.ListProjects, request))


async def test_a_stopped_server_is_unavailable() -> None:
    with Emulator() as emulator:
        trusting = ConnectionOptions(root_certificates=emulator.root_certificates)
        client = AsyncClient(emulator.url, JwtProfile.from_dict(emulator.key_file), options=trusting)
        await client.management.GetMyOrg(GetMyOrgRequest())
    async with client:
        with pytest.raises(Unavailable):
            await list_users(client).count()


async def test_an_rpc_that_is_not_a_list_is_refused(client: AsyncClient, sync_client: Client) -> None:
    not_a_list = "ManagementService/GetMyOrg is not a list RPC; call it directly"
    with pytest.raises(ConfigurationError, match=not_a_list):
        client.paginate(client.management.GetMyOrg, GetMyOrgRequest())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=not_a_list):
        sync_client.paginate(sync_client.management.GetMyOrg, GetMyOrgRequest())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"such as client\.user_v2\.ListUsers, not print"):
        client.paginate(print, ListUsersRequest())  # type: ignore[arg-type]


@pytest.mark.parametrize("page_size", [0, -1, 2**32, True, 1.0, "10"])
async def test_a_page_size_must_be_a_positive_integer(client: AsyncClient, page_size: Any) -> None:
    with pytest.raises(ConfigurationError, match="page_size must be a positive integer, not"):
        list_users(client, page_size=page_size)
