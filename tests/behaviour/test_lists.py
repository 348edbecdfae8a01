"""Lists: filters, order and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.behaviour.sandbox import Sandbox, new_name
from tests.behaviour.waiting import eventually
from zitadel_grpc import AsyncClient
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.object import v2 as object_v2
from zitadel_grpc.api.user import v1 as user_v1
from zitadel_grpc.api.user import v2 as user_v2
from zitadel_grpc.api.v1 import ListQuery, TextQueryMethod

COUNT = 7
PAGE = 3
BY_NAME = user_v1.UserFieldName.USER_FIELD_NAME_USER_NAME


@pytest.fixture
async def family(sandbox: Sandbox) -> list[str]:
    """The names of users with a common prefix, in alphabetical order, as lists show them now."""
    beginning = new_name("Family")
    names = [f"{beginning}-{number}" for number in range(COUNT)]
    for name in reversed(names):
        await sandbox.add_robot(name=name)
    await eventually(lambda: listed(sandbox.client, [named(beginning)]), lambda found: len(found) == COUNT)
    return names


def named(
    name: str, method: TextQueryMethod.ValueType = TextQueryMethod.TEXT_QUERY_METHOD_STARTS_WITH
) -> user_v1.SearchQuery:
    return user_v1.SearchQuery(user_name_query=user_v1.UserNameQuery(user_name=name, method=method))


async def listed(
    client: AsyncClient,
    queries: list[user_v1.SearchQuery],
    *,
    limit: int = 0,
    offset: int = 0,
    asc: bool = True,
) -> list[str]:
    """User names."""
    request = management.ListUsersRequest(
        query=ListQuery(limit=limit, offset=offset, asc=asc), sorting_column=BY_NAME, queries=queries
    )
    return [user.user_name for user in (await client.management.ListUsers(request)).result]


async def pages(client: AsyncClient, request: management.ListUsersRequest) -> AsyncIterator[list[str]]:
    while page := (await client.management.ListUsers(request)).result:
        yield [user.user_name for user in page]
        request.query.offset += len(page)


async def test_the_pages_together_are_the_list(sandbox: Sandbox, family: list[str]) -> None:
    query = ListQuery(limit=PAGE, asc=True)
    request = management.ListUsersRequest(
        query=query, sorting_column=BY_NAME, queries=[named(family[0][:-2])]
    )
    found = [page async for page in pages(sandbox.client, request)]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [name for page in found for name in page] == family


async def test_a_page_contains_the_total(sandbox: Sandbox, family: list[str]) -> None:
    query = ListQuery(limit=1, asc=True)
    found = await sandbox.client.management.ListUsers(
        management.ListUsersRequest(query=query, queries=[named(family[0][:-2])])
    )
    assert (len(found.result), found.details.total_result) == (1, COUNT)


async def test_the_order_can_be_reversed(sandbox: Sandbox, family: list[str]) -> None:
    assert await listed(sandbox.client, [named(family[0][:-2])], asc=False) == family[::-1]


async def test_names_are_compared_with_the_requested_method(sandbox: Sandbox, family: list[str]) -> None:
    methods, first = TextQueryMethod, family[0]
    for name, method, found in (
        (first, methods.TEXT_QUERY_METHOD_EQUALS, [first]),
        (first.upper(), methods.TEXT_QUERY_METHOD_EQUALS, []),
        (first.upper(), methods.TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE, [first]),
        (first[3:-2], methods.TEXT_QUERY_METHOD_CONTAINS, family),
        (first[3:], methods.TEXT_QUERY_METHOD_ENDS_WITH, [first]),
        (first[3:], methods.TEXT_QUERY_METHOD_STARTS_WITH, []),
    ):
        assert await listed(sandbox.client, [named(name, method)]) == found


async def test_all_queries_of_a_request_must_match(sandbox: Sandbox, family: list[str]) -> None:
    humans = user_v1.SearchQuery(type_query=user_v1.TypeQuery(type=user_v1.Type.TYPE_HUMAN))
    machines = user_v1.SearchQuery(type_query=user_v1.TypeQuery(type=user_v1.Type.TYPE_MACHINE))
    beginning = named(family[0][:-2])
    assert await listed(sandbox.client, [beginning, humans]) == []
    assert await listed(sandbox.client, [beginning, machines]) == family


async def test_v2_lists_the_same_users_and_supports_or_and_not(sandbox: Sandbox, family: list[str]) -> None:
    def equal(name: str) -> user_v2.SearchQuery:
        return user_v2.SearchQuery(user_name_query=user_v2.UserNameQuery(user_name=name))

    either = user_v2.SearchQuery(or_query=user_v2.OrQuery(queries=[equal(family[0]), equal(family[1])]))
    but = user_v2.SearchQuery(not_query=user_v2.NotQuery(query=equal(family[1])))
    request = user_v2.ListUsersRequest(
        query=object_v2.ListQuery(asc=True),
        sorting_column=user_v2.UserFieldName.USER_FIELD_NAME_USER_NAME,
        queries=[either],
    )
    found = await sandbox.client.user_v2.ListUsers(request)
    assert [user.username for user in found.result] == family[:2]
    request.queries.append(but)
    found = await sandbox.client.user_v2.ListUsers(request)
    assert [user.username for user in found.result] == family[:1]
