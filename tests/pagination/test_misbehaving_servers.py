"""A server whose pages lead nowhere is told of, and never asked for ever."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import grpc
import pytest

from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.change.v1 import Change
from zitadel_grpc.api.management.v1 import (
    ListUserChangesRequest,
    ListUserChangesResponse,
    ListUsersRequest,
    ListUsersResponse,
)
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.api.v1 import ListDetails
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.pagination import PaginationError
from zitadel_grpc.pagination._listing import listing
from zitadel_grpc.pagination._walk import walk

numbers = count()


def page(total: int, *ids: str) -> ListUsersResponse:
    return ListUsersResponse(details=ListDetails(total_result=total), result=[User(id=each) for each in ids])


USERS: dict[str, Callable[[ListUsersRequest], ListUsersResponse]] = {
    "a total that cannot be": lambda _: page(2**63),
    "a total without items": lambda _: page(2**62),
    "the offset ignored": lambda _: page(2**40, "a", "b", "c"),
    "one item for ever": lambda _: page(2**40, "a"),
    "known items without a total": lambda _: page(0, "a", "b"),
    "more than the total": lambda _: page(5, *(str(next(numbers)) for _ in range(3))),
}
CHANGES: dict[str, list[int]] = {"the same": [1, 2, 3], "none": [0, 0], "newest first": [9, 5, 0]}


def follow(name: str, request: object, response: type, answer: Callable[..., object]) -> None:
    pages = walk(listing(name, request.DESCRIPTOR, response.DESCRIPTOR), request, 3)  # type: ignore[attr-defined]
    for _ in range(5000):
        if pages.done:
            return
        pages.receive(answer(pages.request()))
    pytest.fail("does not end")


@pytest.mark.parametrize("kind", USERS)
def test_pages_that_do_not_end(kind: str) -> None:
    with pytest.raises(PaginationError):
        follow("ListUsers", ListUsersRequest(), ListUsersResponse, USERS[kind])


@pytest.mark.parametrize("kind", CHANGES)
def test_changes_whose_sequence_does_not_grow(kind: str) -> None:
    response = ListUserChangesResponse(result=[Change(sequence=each) for each in CHANGES[kind]])
    with pytest.raises(PaginationError, match="sequence"):
        follow("ListUserChanges", ListUserChangesRequest(), ListUserChangesResponse, lambda _: response)


def test_pages_of_which_nothing_may_be_seen_are_passed() -> None:
    follow("ListUsers", ListUsersRequest(), ListUsersResponse, lambda _: page(2000))


@pytest.mark.parametrize("prefetch", [False, True])
def test_a_partial_keeps_its_deadline(sync_client: Client, prefetch: bool) -> None:
    call = functools.partial(sync_client.management.ListUsers, timeout=5)
    assert list(sync_client.paginate(call, ListUsersRequest(), page_size=1, prefetch=prefetch))


def test_over_the_wire() -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        lambda request, _: USERS["the offset ignored"](request),
        ListUsersRequest.FromString,
        ListUsersResponse.SerializeToString,
    )
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    service = "zitadel.management.v1.ManagementService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"ListUsers": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    options = ConnectionOptions(allow_plaintext=True)
    with Client(f"http://localhost:{port}", PersonalAccessToken("ey.some.token"), options=options) as client:
        pages = client.paginate(client.management.ListUsers, ListUsersRequest())
        with pytest.raises(PaginationError):
            list(pages)
    server.stop(0)
