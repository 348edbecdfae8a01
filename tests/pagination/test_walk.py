"""Whatever a server does to its lists meanwhile, a walk through one finds each item once."""

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
from zitadel_grpc.pagination._listing import listing
from zitadel_grpc.pagination._walk import Walk, walk

LIST_USERS = listing("ListUsers", Request.DESCRIPTOR, Response.DESCRIPTOR)
LIST_CHANGES = listing(
    "ListUserChanges", ListUserChangesRequest.DESCRIPTOR, ListUserChangesResponse.DESCRIPTOR
)


@dataclass
class Server:
    """Answers ListUsers in the order of creation."""

    users: list[str]
    highest_limit: int = 1_000_000
    hidden: set[str] = field(default_factory=set)
    """What the caller may not see; it is counted, and left out of pages that were cut before."""
    asked: list[tuple[int, int]] = field(default_factory=list)
    """Offset and limit of each request."""

    def answer(self, request: Any) -> Response:
        page = request.query
        self.asked.append((page.offset, page.limit))
        found = self.users[page.offset : page.offset + min(page.limit, self.highest_limit)]
        response = Response(result=[User(id=user) for user in found if user not in self.hidden])
        response.details.total_result = len(self.users) if found else 0  # as ZITADEL counts
        return response


def names(count: int) -> list[str]:
    return [f"user {number}" for number in range(count)]


def read(server: Server, page_size: int, between: Callable[[], object] = lambda: None) -> Iterator[str]:
    steps = walk(LIST_USERS, Request(), page_size)
    while not steps.done:
        for user in steps.receive(server.answer(steps.request())):
            yield user.id
        between()
        assert len(server.asked) < 10_000, "does not end"


@pytest.mark.parametrize(
    ("count", "calls"), [(0, 1), (1, 1), (9, 1), (10, 1), (11, 2), (19, 2), (20, 3), (100, 11)]
)
def test_a_list_at_rest_takes_few_calls(count: int, calls: int) -> None:
    server = Server(names(count))
    assert list(read(server, page_size=10)) == names(count)
    assert len(server.asked) == calls


@pytest.mark.parametrize("highest_limit", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("page_size", [1, 2, 10, 1000])
def test_a_server_that_allows_less_than_was_asked_for_is_read_to_the_end(
    highest_limit: int, page_size: int
) -> None:
    server = Server(names(30), highest_limit=highest_limit)
    assert list(read(server, page_size)) == names(30)


@pytest.mark.parametrize("seed", range(40))
def test_what_the_caller_may_not_see_does_not_end_a_list(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    users = names(200)
    server = Server(users, hidden=set(chance.sample(users, chance.choice([1, 20, 100, 190, 200]))))
    assert list(read(server, page_size=10)) == [user for user in users if user not in server.hidden]
    assert len(server.asked) < 40  # far from one for each user


@pytest.mark.parametrize("seed", range(100))
def test_no_item_is_lost_or_seen_twice_while_others_come_and_go(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    server = Server(names(100), highest_limit=chance.choice([1000, 1000, 5]))
    lasting = set(server.users)
    added = 0

    def come_and_go() -> None:
        nonlocal added
        for _ in range(chance.choice([0, 0, 1, 3, 30])):
            if server.users and chance.random() < 0.5:
                lasting.discard(server.users.pop(chance.randrange(len(server.users))))
            elif added < 200:
                added += 1
                server.users.append(f"added {added}")

    found = list(read(server, page_size=chance.choice([1, 2, 3, 10, 50]), between=come_and_go))
    assert len(found) == len(set(found))
    assert lasting <= set(found)


@pytest.mark.parametrize("seed", range(40))
def test_a_list_in_another_order_each_time_comes_to_an_end(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    server = Server(names(50))
    found = list(read(server, page_size=10, between=lambda: chance.shuffle(server.users)))
    assert len(found) == len(set(found))
    assert len(server.asked) < 100


def test_a_page_beyond_the_end_is_empty() -> None:
    server = Server(names(3))
    request = Request()
    request.query.offset = 7
    steps = walk(LIST_USERS, request, page_size=10)
    assert steps.receive(server.answer(steps.request())) == []
    assert (steps.done, steps.total) == (True, 0)


def test_a_list_of_which_the_end_is_removed_meanwhile_ends() -> None:
    server = Server(names(30))
    assert set(read(server, page_size=10, between=lambda: server.users.__delitem__(slice(8, None)))) >= set(
        names(8)
    )


def test_a_server_that_does_not_count_is_read_to_the_end() -> None:
    server = Server(names(25))
    steps = walk(LIST_USERS, Request(), page_size=10)
    found: list[str] = []
    while not steps.done:
        answer = server.answer(steps.request())
        answer.ClearField("details")
        found += [user.id for user in steps.receive(answer)]
    assert found == names(25)


def test_what_a_server_says_of_its_limit_saves_calls() -> None:
    kind = listing(
        "ListProjectRoles", ListProjectRolesRequest.DESCRIPTOR, ListProjectRolesResponse.DESCRIPTOR
    )
    steps = walk(kind, ListProjectRolesRequest(), page_size=1000)
    page = ListProjectRolesResponse()
    page.pagination.total_result, page.pagination.applied_limit = 150, 100
    page.project_roles.add(key="one that may be seen")
    assert len(steps.receive(page)) == 1
    assert steps.request().pagination.offset == 100


@pytest.mark.parametrize("page_size", [1, 3, 10, 100])
def test_changes_are_read_from_the_oldest_on(page_size: int) -> None:
    sequences = list(range(5, 45, 2))
    request = ListUserChangesRequest(user_id="1")
    request.query.sequence = 7
    steps = walk(LIST_CHANGES, request, page_size)
    found: list[int] = []
    while not steps.done:
        asked = steps.request()
        assert (asked.query.asc, asked.query.limit, asked.user_id) == (True, page_size, "1")
        after = [sequence for sequence in sequences if sequence > asked.query.sequence]
        answer = ListUserChangesResponse(result=[Change(sequence=each) for each in after[:page_size]])
        found += [change.sequence for change in steps.receive(answer)]
        if len(sequences) < 25:
            sequences.append(sequences[-1] + 3)
    assert found == sequences[2:]
    assert steps.total == len(found)


def test_items_of_a_list_that_cannot_be_sorted_are_known_by_their_ids() -> None:
    kind = listing("ListProjects", ListProjectsRequest.DESCRIPTOR, ListProjectsResponse.DESCRIPTOR)
    steps = walk(kind, ListProjectsRequest(), page_size=2)
    assert found_after(steps, ["a", "b"], total=3) == ["a", "b"]
    assert found_after(steps, ["b", "a"], total=3, name="changed") == []


def found_after(steps: Walk, ids: list[str], *, total: int, name: str = "") -> list[str]:
    page = ListProjectsResponse()
    page.details.total_result = total
    for project_id in ids:
        page.result.add(id=project_id, name=name)
    return [project.id for project in steps.receive(page)]
