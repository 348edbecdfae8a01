"""Lists read through AsyncClient, page by page."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import grpc
import pytest

from tests.transport.counting import until
from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.app.v2beta import ListApplicationsRequest
from zitadel_grpc.api.authorization.v2beta import ListAuthorizationsRequest
from zitadel_grpc.api.filter.v2beta import PaginationRequest
from zitadel_grpc.api.management.v1 import (
    AddMachineUserRequest,
    GetMyOrgRequest,
    ListProjectRolesRequest,
    ListProjectsRequest,
    ListUsersRequest,
    RemoveUserRequest,
)
from zitadel_grpc.api.org.v2 import ListOrganizationsRequest
from zitadel_grpc.api.project.v2beta import ListProjectsRequest as ListProjectsV2Request
from zitadel_grpc.api.user import v2 as user_v2
from zitadel_grpc.api.user.v1 import User, UserFieldName
from zitadel_grpc.api.v1 import ListQuery
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import (
    ClosedError,
    ConfigurationError,
    DeadlineExceeded,
    InvalidArgument,
    Unavailable,
)
from zitadel_grpc.pagination import AsyncPager
from zitadel_grpc.testing import Emulator

LIST_USERS = "zitadel.management.v1.ManagementService/ListUsers"


@pytest.fixture
def users(emulator: Emulator) -> list[str]:
    """The ids of all there are, in the order of creation."""
    there_before = [user.id for user in emulator._zitadel.store.users.values()]
    added = [emulator.add_human(f"user-{number}@example.com") for number in range(22)]
    emulator.forget_calls()
    return there_before + added


def ids(users: list[User]) -> list[str]:
    return [user.id for user in users]


def pages_asked(emulator: Emulator) -> list[tuple[int, int]]:
    """Offset and limit of each ListUsers."""
    return [
        (call.request.query.offset, call.request.query.limit)
        for call in emulator.calls
        if call.rpc == LIST_USERS
    ]


def list_users(
    client: AsyncClient, page_size: int | None = 10, *, prefetch: bool = False
) -> AsyncPager[User]:
    return client.paginate(
        client.management.ListUsers, ListUsersRequest(), page_size=page_size, prefetch=prefetch
    )


@pytest.mark.parametrize("prefetch", [False, True])
async def test_a_list_is_read_in_the_order_of_creation(
    client: AsyncClient, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    found = [user async for user in list_users(client, prefetch=prefetch)]

    assert ids(found) == users
    assert pages_asked(emulator) == [(0, 10), (9, 10), (18, 10)]
    (query,) = {(call.request.query.asc, call.request.sorting_column) for call in emulator.calls}
    assert query == (True, UserFieldName.USER_FIELD_NAME_CREATION_DATE)


async def test_a_page_is_asked_for_when_it_is_needed(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pages = list_users(client)
    assert pages_asked(emulator) == []
    assert [(await anext(pages)).id for _ in range(10)] == users[:10]
    assert len(pages_asked(emulator)) == 1
    assert (await anext(pages)).id == users[10]
    assert len(pages_asked(emulator)) == 2


async def test_the_next_page_is_under_way_while_one_is_used(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pages = list_users(client, prefetch=True)
    await anext(pages)
    await until(lambda: len(pages_asked(emulator)) == 2)
    assert ids([user async for user in pages]) == users[1:]
    assert len(pages_asked(emulator)) == 3


@pytest.mark.usefixtures("users")
async def test_a_hundred_items_are_a_page_where_nothing_else_is_said(
    client: AsyncClient, emulator: Emulator
) -> None:
    async for _ in list_users(client, page_size=None):
        pass
    assert pages_asked(emulator) == [(0, 100)]


async def test_the_requests_own_wishes_hold(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    request = ListUsersRequest(
        query=ListQuery(offset=3, limit=7), sorting_column=UserFieldName.USER_FIELD_NAME_CREATION_DATE
    )
    before = ListUsersRequest.FromString(request.SerializeToString())

    pages = client.paginate(client.management.ListUsers, request)
    first = await anext(pages)
    request.query.limit = 1  # what is read is not changed by it

    assert [first.id, *ids([user async for user in pages])] == users[::-1][3:]
    assert pages_asked(emulator)[:2] == [(3, 7), (9, 7)]
    assert before.query.offset == request.query.offset


async def test_the_request_is_not_changed(client: AsyncClient, users: list[str]) -> None:
    request = ListUsersRequest(query=ListQuery(limit=4))
    assert len([user async for user in client.paginate(client.management.ListUsers, request)]) == len(users)
    assert request == ListUsersRequest(query=ListQuery(limit=4))


async def test_nothing_is_lost_or_seen_twice_while_users_come_and_go(
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


async def test_the_total_is_known_from_the_first_page_on(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pages = list_users(client)
    assert pages.total is None
    await anext(pages)
    assert pages.total == len(users)
    assert repr(pages) == f"<AsyncPager of {LIST_USERS}, total: {len(users)}>"

    pages = list_users(client)
    emulator.forget_calls()
    assert await pages.count() == len(users)
    assert len([user async for user in pages]) == pages.total
    assert len(pages_asked(emulator)) == 3


async def test_an_empty_list_takes_one_call(client: AsyncClient, emulator: Emulator) -> None:
    request = ListProjectRolesRequest(project_id=emulator.add_project("Without roles"))
    pages = client.paginate(client.management.ListProjectRoles, request)
    emulator.forget_calls()
    assert [role async for role in pages] == []
    assert (pages.total, len(emulator.calls)) == (0, 1)


async def test_an_offset_beyond_the_end_finds_nothing(client: AsyncClient, emulator: Emulator) -> None:
    request = ListUsersRequest(query=ListQuery(offset=1000))
    assert [user async for user in client.paginate(client.management.ListUsers, request)] == []
    assert len(pages_asked(emulator)) == 1


async def test_every_kind_of_list_is_read(client: AsyncClient, emulator: Emulator) -> None:
    projects = {emulator.add_project(f"Project {number}", roles=["reader"]) for number in range(5)}
    organizations = {emulator.add_organization(f"Organization {number}") for number in range(5)}
    users = {emulator.add_human(f"{number}@example.com") for number in range(5)}
    for project in projects:
        emulator.add_user_grant(min(users), project, ["reader"])
    app = emulator.add_api_application(min(projects), "An application")

    v1 = client.paginate(client.management.ListProjects, ListProjectsRequest(), page_size=2)
    assert {project.id async for project in v1} >= projects
    v2 = client.paginate(client.user_v2.ListUsers, user_v2.ListUsersRequest(), page_size=2)
    assert {user.user_id async for user in v2} >= users
    named = client.paginate(client.org_v2.ListOrganizations, ListOrganizationsRequest(), page_size=2)
    assert {organization.id async for organization in named} >= organizations
    v2beta = client.paginate(client.project_v2beta.ListProjects, ListProjectsV2Request(), page_size=2)
    assert {project.id async for project in v2beta} >= projects
    grants = client.paginate(
        client.authorization_v2beta.ListAuthorizations, ListAuthorizationsRequest(), page_size=2
    )
    assert {grant.project_id async for grant in grants} == projects
    request = ListApplicationsRequest(project_id=min(projects))
    applications = client.paginate(client.app_v2beta.ListApplications, request, page_size=2)
    assert [application.id async for application in applications] == [app.id]


async def test_a_list_tells_what_its_caller_may_not_see_but_does_not_show_it(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    for number in range(7):
        emulator.add_organization(f"Organization {number}")
    nobody = emulator.add_service_user()
    async with AsyncClient(emulator.url, JwtProfile.from_dict(nobody.key_file), options=options) as client:
        pages = client.paginate(client.org_v2.ListOrganizations, ListOrganizationsRequest(), page_size=2)
        assert [organization async for organization in pages] == []
    assert pages.total == 8


async def test_a_view_reads_its_own_organization(client: AsyncClient, emulator: Emulator) -> None:
    organization = emulator.add_organization("Another")
    there = [emulator.add_human(f"{n}@example.com", organization_id=organization) for n in range(3)]
    view = client.with_org(organization)
    pages = view.paginate(view.management.ListUsers, ListUsersRequest(), page_size=2)
    assert [user.id async for user in pages] == there


@pytest.mark.parametrize("prefetch", [False, True])
async def test_after_an_error_the_same_page_is_asked_for_again(
    client: AsyncClient, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    pages = list_users(client, prefetch=prefetch)
    found = [await anext(pages)]
    await until(lambda: len(pages_asked(emulator)) == 1 + prefetch)
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.INVALID_ARGUMENT)
    with pytest.raises(InvalidArgument) as raised:
        found += [user async for user in pages]
    assert raised.value.rpc == LIST_USERS
    rest = ids([user async for user in pages])
    assert users[-len(rest) :] == rest


async def test_each_page_has_its_time(client: AsyncClient, emulator: Emulator) -> None:
    emulator.faults.latency = 30.0
    pages = client.paginate(client.management.ListUsers, ListUsersRequest(), timeout=0.05)
    with pytest.raises(DeadlineExceeded):
        await anext(pages)


async def broken_off(pages: AsyncPager[User]) -> None:
    async for _ in pages:
        break


async def closed(pages: AsyncPager[User]) -> None:
    async with pages:
        await anext(pages)
    assert [user async for user in pages] == []


@pytest.mark.parametrize("end", [broken_off, closed])
@pytest.mark.usefixtures("users")
async def test_what_is_left_half_way_leaves_no_call_behind(
    client: AsyncClient, emulator: Emulator, end: Callable[[AsyncPager[User]], Awaitable[None]]
) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    before = asyncio.all_tasks()
    emulator.faults.latency = 1.0

    await end(list_users(client, prefetch=True))

    await until(lambda: asyncio.all_tasks() <= before)
    answered = [call for call in emulator.calls if call.rpc == LIST_USERS and call.code is grpc.StatusCode.OK]
    assert len(answered) == 1


async def test_a_step_that_is_cancelled_may_be_taken_again(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    emulator.faults.latency = 30.0
    pages = list_users(client)
    step = asyncio.ensure_future(anext(pages))
    await asyncio.sleep(0)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    emulator.faults.latency = 0.0
    assert ids([user async for user in pages]) == users


async def test_several_tasks_may_share_a_list(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    pages = list_users(client, page_size=5, prefetch=True)

    async def work() -> list[str]:
        return ids([user async for user in pages])

    shares = await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(itertools.chain.from_iterable(shares)) == sorted(users)
    assert len(pages_asked(emulator)) == 6


@pytest.mark.parametrize("prefetch", [False, True])
@pytest.mark.usefixtures("users")
async def test_a_closed_client_says_so(client: AsyncClient, emulator: Emulator, prefetch: bool) -> None:
    await client.access_token()
    emulator.faults.latency = 0.3  # so that a page asked for ahead is still under way
    pages = list_users(client, prefetch=prefetch)
    assert await pages.count()
    await client.close()
    with pytest.raises(ClosedError):
        [user async for user in pages]


async def test_what_cannot_be_paged_is_told_at_once(client: AsyncClient) -> None:
    with pytest.raises(
        ConfigurationError, match="ManagementService/GetMyOrg is not a list: call it by itself"
    ):
        client.paginate(client.management.GetMyOrg, GetMyOrgRequest())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"such as client\.management\.ListUsers"):
        client.paginate(print, ListUsersRequest())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="page_size must be a number of items from 1 on, not 0"):
        list_users(client, page_size=0)


async def test_a_limit_that_the_server_refuses_is_an_error(client: AsyncClient) -> None:
    request = ListProjectsV2Request(pagination=PaginationRequest(limit=1001))
    with pytest.raises(InvalidArgument, match="Limit exceeded"):
        await anext(client.paginate(client.project_v2beta.ListProjects, request))


async def test_a_server_that_has_gone_is_an_error() -> None:
    with Emulator() as emulator:
        trusting = ConnectionOptions(root_certificates=emulator.root_certificates)
        client = AsyncClient(emulator.url, JwtProfile.from_dict(emulator.key_file), options=trusting)
        await client.management.GetMyOrg(GetMyOrgRequest())
    async with client:
        with pytest.raises(Unavailable):
            await list_users(client).count()
