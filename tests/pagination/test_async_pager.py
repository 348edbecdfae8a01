"""Iteration over the items of a list through AsyncClient."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.pagination.users import LIST_USERS, ids, list_users, requested_pages
from tests.transport.counting import until
from zitadel_grpc import AsyncClient
from zitadel_grpc.api.management.v1 import (
    AddMachineUserRequest,
    ListProjectRolesRequest,
    ListUsersRequest,
    RemoveUserRequest,
)
from zitadel_grpc.api.user.v1 import UserFieldName
from zitadel_grpc.api.v1 import ListQuery
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize("prefetch", [False, True])
async def test_items_come_in_the_order_of_creation(
    client: AsyncClient, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    found = [user async for user in list_users(client, prefetch=prefetch)]

    assert ids(found) == users
    assert requested_pages(emulator) == [(0, 10), (9, 10), (18, 10)]
    (query,) = {(call.request.query.asc, call.request.sorting_column) for call in emulator.calls}
    assert query == (True, UserFieldName.USER_FIELD_NAME_CREATION_DATE)


async def test_a_page_is_requested_when_it_is_needed(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pager = list_users(client)
    assert requested_pages(emulator) == []
    assert [(await anext(pager)).id for _ in range(10)] == users[:10]
    assert len(requested_pages(emulator)) == 1
    assert (await anext(pager)).id == users[10]
    assert len(requested_pages(emulator)) == 2


async def test_prefetch_requests_the_next_page_while_one_is_used(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pager = list_users(client, prefetch=True)
    await anext(pager)
    await until(lambda: len(requested_pages(emulator)) == 2)
    assert ids([user async for user in pager]) == users[1:]
    assert len(requested_pages(emulator)) == 3


@pytest.mark.usefixtures("users")
async def test_the_default_page_size_is_100(client: AsyncClient, emulator: Emulator) -> None:
    async for _ in list_users(client, page_size=None):
        pass
    assert requested_pages(emulator) == [(0, 100)]


async def test_the_requests_offset_limit_and_order_apply(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    request = ListUsersRequest(
        query=ListQuery(offset=3, limit=7), sorting_column=UserFieldName.USER_FIELD_NAME_CREATION_DATE
    )

    pager = client.paginate(client.management.ListUsers, request)
    first = await anext(pager)
    request.query.limit = 1  # has no effect on a pager that exists

    assert [first.id, *ids([user async for user in pager])] == users[::-1][3:]
    assert requested_pages(emulator)[:2] == [(3, 7), (9, 7)]


async def test_the_request_is_not_changed(client: AsyncClient, users: list[str]) -> None:
    request = ListUsersRequest(query=ListQuery(limit=4))
    assert len([user async for user in client.paginate(client.management.ListUsers, request)]) == len(users)
    assert request == ListUsersRequest(query=ListQuery(limit=4))


async def test_no_item_is_skipped_or_repeated_while_users_are_added_and_removed(
    client: AsyncClient, users: list[str]
) -> None:
    found: list[str] = []
    removed, added = set[str](), list[str]()
    async for user in list_users(client, page_size=5):
        found.append(user.id)
        if len(found) in (3, 8, 14) and len(removed) < 9:
            for user_id in users[1 : len(found)][:3]:
                if user_id not in removed:
                    removed.add(user_id)
                    await client.management.RemoveUser(RemoveUserRequest(id=user_id))
            request = AddMachineUserRequest(user_name=f"added-{len(found)}", name="Added")
            added.append((await client.management.AddMachineUser(request)).user_id)

    assert removed
    assert added
    assert len(found) == len(set(found))
    assert set(found) >= {*users, *added} - removed


async def test_the_total_is_known_after_the_first_page(client: AsyncClient, users: list[str]) -> None:
    pager = list_users(client)
    assert pager.total is None
    await anext(pager)
    assert pager.total == len(users)
    assert repr(pager) == f"<AsyncPager of {LIST_USERS}, total: {len(users)}>"


async def test_count_keeps_the_page_it_requests(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pager = list_users(client)
    assert await pager.count() == len(users) == await pager.count()
    assert len(requested_pages(emulator)) == 1
    assert len([user async for user in pager]) == pager.total
    assert len(requested_pages(emulator)) == 3


async def test_an_empty_list_takes_one_call(client: AsyncClient, emulator: Emulator) -> None:
    request = ListProjectRolesRequest(project_id=emulator.add_project("Without roles"))
    pager = client.paginate(client.management.ListProjectRoles, request)
    emulator.forget_calls()
    assert [role async for role in pager] == []
    assert (pager.total, len(emulator.calls)) == (0, 1)


async def test_an_offset_beyond_the_end_finds_nothing(client: AsyncClient, emulator: Emulator) -> None:
    request = ListUsersRequest(query=ListQuery(offset=1000))
    assert [user async for user in client.paginate(client.management.ListUsers, request)] == []
    assert len(requested_pages(emulator)) == 1


async def test_a_view_reads_its_own_organization(client: AsyncClient, emulator: Emulator) -> None:
    organization = emulator.add_organization("Another")
    members = [emulator.add_human(f"{n}@example.com", organization_id=organization) for n in range(3)]
    view = client.with_org(organization)
    pager = view.paginate(view.management.ListUsers, ListUsersRequest(), page_size=2)
    assert [user.id async for user in pager] == members


async def test_several_tasks_can_share_a_pager(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pager = list_users(client, page_size=5, prefetch=True)

    async def work() -> list[str]:
        return ids([user async for user in pager])

    shares = await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(itertools.chain.from_iterable(shares)) == sorted(users)
    assert len(requested_pages(emulator)) == 6
