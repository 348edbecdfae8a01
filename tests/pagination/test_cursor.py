"""A cursor returns each item once, even if the list changes during the iteration."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from zitadel_grpc.api.change.v1 import Change
from zitadel_grpc.api.management.v1 import (
    ListProjectsRequest,
    ListProjectsResponse,
    ListUserChangesRequest,
    ListUserChangesResponse,
)
from zitadel_grpc.api.management.v1 import ListUsersRequest as Request
from zitadel_grpc.api.management.v1 import ListUsersResponse as Response
from zitadel_grpc.api.project.v2beta import ListProjectRolesRequest, ListProjectRolesResponse
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.pagination._cursor import Cursor, make_cursor
from zitadel_grpc.pagination._schema import list_schema

LIST_USERS = list_schema("ListUsers", Request.DESCRIPTOR, Response.DESCRIPTOR)
LIST_CHANGES = list_schema(
    "ListUserChanges", ListUserChangesRequest.DESCRIPTOR, ListUserChangesResponse.DESCRIPTOR
)


@dataclass
class Server:
    """Responds to ListUsers in the order of creation."""

    users: list[str]
    highest_limit: int = 1_000_000
    hidden: set[str] = field(default_factory=set)
    """Users that the caller may not see: counted in the total, and removed after offset and limit applied."""
    requests: list[tuple[int, int]] = field(default_factory=list)
    """Offset and limit of each request."""

    def respond(self, request: Any) -> Response:
        page = request.query
        self.requests.append((page.offset, page.limit))
        found = self.users[page.offset : page.offset + min(page.limit, self.highest_limit)]
        response = Response(result=[User(id=user) for user in found if user not in self.hidden])
        response.details.total_result = len(self.users) if found else 0  # as ZITADEL counts
        return response


def names(count: int) -> list[str]:
    return [f"user {number}" for number in range(count)]


def read(server: Server, page_size: int, between: Callable[[], object] = lambda: None) -> Iterator[str]:
    cursor = make_cursor(LIST_USERS, Request(), page_size)
    while not cursor.done:
        for user in cursor.receive(server.respond(cursor.next_request())):
            yield user.id
        between()
        assert len(server.requests) < 10_000, "does not end"


@pytest.mark.parametrize(
    ("count", "calls"), [(0, 1), (1, 1), (9, 1), (10, 1), (11, 2), (19, 2), (20, 3), (100, 11)]
)
def test_an_unchanged_list_takes_few_calls(count: int, calls: int) -> None:
    server = Server(names(count))
    assert list(read(server, page_size=10)) == names(count)
    assert len(server.requests) == calls


@pytest.mark.parametrize("highest_limit", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("page_size", [1, 2, 10, 1000])
def test_a_server_with_a_lower_limit_is_read_to_the_end(highest_limit: int, page_size: int) -> None:
    server = Server(names(30), highest_limit=highest_limit)
    assert list(read(server, page_size)) == names(30)


@pytest.mark.parametrize("seed", range(40))
def test_hidden_items_do_not_end_a_list(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    users = names(200)
    server = Server(users, hidden=set(chance.sample(users, chance.choice([1, 20, 100, 190, 200]))))
    assert list(read(server, page_size=10)) == [user for user in users if user not in server.hidden]
    assert len(server.requests) < 40  # far fewer than one per user


@pytest.mark.parametrize("seed", range(100))
def test_no_item_is_skipped_or_repeated_while_others_are_added_and_removed(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    server = Server(names(100), highest_limit=chance.choice([1000, 1000, 5]))
    lasting = set(server.users)
    added = 0

    def add_and_remove() -> None:
        nonlocal added
        for _ in range(chance.choice([0, 0, 1, 3, 30])):
            if server.users and chance.random() < 0.5:
                lasting.discard(server.users.pop(chance.randrange(len(server.users))))
            elif added < 200:
                added += 1
                server.users.append(f"added {added}")

    found = list(read(server, page_size=chance.choice([1, 2, 3, 10, 50]), between=add_and_remove))
    assert len(found) == len(set(found))
    assert lasting <= set(found)


@pytest.mark.parametrize("seed", range(40))
def test_a_list_without_a_stable_order_ends(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    server = Server(names(50))
    found = list(read(server, page_size=10, between=lambda: chance.shuffle(server.users)))
    assert len(found) == len(set(found))
    assert len(server.requests) < 100


def test_a_page_beyond_the_end_is_empty() -> None:
    server = Server(names(3))
    request = Request()
    request.query.offset = 7
    cursor = make_cursor(LIST_USERS, request, page_size=10)
    assert cursor.receive(server.respond(cursor.next_request())) == []
    assert (cursor.done, cursor.total) == (True, 0)


def test_a_list_whose_end_is_removed_meanwhile_ends() -> None:
    server = Server(names(30))
    assert set(read(server, page_size=10, between=lambda: server.users.__delitem__(slice(8, None)))) >= set(
        names(8)
    )


def test_a_server_without_totals_is_read_to_the_end() -> None:
    server = Server(names(25))
    cursor = make_cursor(LIST_USERS, Request(), page_size=10)
    found: list[str] = []
    while not cursor.done:
        response = server.respond(cursor.next_request())
        response.ClearField("details")
        found += [user.id for user in cursor.receive(response)]
    assert found == names(25)


def test_the_applied_limit_saves_calls() -> None:
    schema = list_schema(
        "ListProjectRoles", ListProjectRolesRequest.DESCRIPTOR, ListProjectRolesResponse.DESCRIPTOR
    )
    cursor = make_cursor(schema, ListProjectRolesRequest(), page_size=1000)
    page = ListProjectRolesResponse()
    page.pagination.total_result, page.pagination.applied_limit = 150, 100
    page.project_roles.add(key="visible")
    assert len(cursor.receive(page)) == 1
    assert cursor.next_request().pagination.offset == 100


@pytest.mark.parametrize("page_size", [1, 3, 10, 100])
def test_changes_are_read_oldest_first(page_size: int) -> None:
    sequences = list(range(5, 45, 2))
    request = ListUserChangesRequest(user_id="1")
    request.query.sequence = 7
    cursor = make_cursor(LIST_CHANGES, request, page_size)
    found: list[int] = []
    while not cursor.done:
        request = cursor.next_request()
        assert (request.query.asc, request.query.limit, request.user_id) == (True, page_size, "1")
        after = [sequence for sequence in sequences if sequence > request.query.sequence]
        response = ListUserChangesResponse(result=[Change(sequence=each) for each in after[:page_size]])
        found += [change.sequence for change in cursor.receive(response)]
        if len(sequences) < 25:
            sequences.append(sequences[-1] + 3)
    assert found == sequences[2:]
    assert cursor.total == len(found)


def test_an_item_is_identified_by_its_id() -> None:
    schema = list_schema("ListProjects", ListProjectsRequest.DESCRIPTOR, ListProjectsResponse.DESCRIPTOR)
    cursor = make_cursor(schema, ListProjectsRequest(), page_size=2)
    assert found_after(cursor, ["a", "b"], total=3) == ["a", "b"]
    assert found_after(cursor, ["b", "a"], total=3, name="changed") == []


def found_after(cursor: Cursor, ids: list[str], *, total: int, name: str = "") -> list[str]:
    page = ListProjectsResponse()
    page.details.total_result = total
    for project_id in ids:
        page.result.add(id=project_id, name=name)
    return [project.id for project in cursor.receive(page)]
