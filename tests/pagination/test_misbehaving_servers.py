"""Pages that never end raise PaginationError."""

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
from zitadel_grpc.pagination._cursor import make_cursor
from zitadel_grpc.pagination._schema import list_schema

numbers = count()


def page(total: int, *ids: str) -> ListUsersResponse:
    return ListUsersResponse(details=ListDetails(total_result=total), result=[User(id=each) for each in ids])


USERS: dict[str, Callable[[ListUsersRequest], ListUsersResponse]] = {
    "an impossible total": lambda _: page(2**63),
    "a total without items": lambda _: page(2**62),
    "an ignored offset": lambda _: page(2**40, "a", "b", "c"),
    "the same item": lambda _: page(2**40, "a"),
    "known items without a total": lambda _: page(0, "a", "b"),
    "more than the total": lambda _: page(5, *(str(next(numbers)) for _ in range(3))),
}
CHANGES: dict[str, list[int]] = {"the same": [1, 2, 3], "none": [0, 0], "newest first": [9, 5, 0]}


def follow(name: str, request: object, response: type, respond: Callable[..., object]) -> int:
    """Returns the number of requests."""
    schema = list_schema(name, request.DESCRIPTOR, response.DESCRIPTOR)  # type: ignore[attr-defined]
    cursor = make_cursor(schema, request, 3)
    for sent in range(5000):
        if cursor.done:
            return sent
        cursor.receive(respond(cursor.next_request()))
    pytest.fail("does not end")


@pytest.mark.parametrize("kind", USERS)
def test_pages_that_never_end(kind: str) -> None:
    with pytest.raises(PaginationError):
        follow("ListUsers", ListUsersRequest(), ListUsersResponse, USERS[kind])


@pytest.mark.parametrize("kind", CHANGES)
def test_changes_whose_sequence_does_not_increase(kind: str) -> None:
    response = ListUserChangesResponse(result=[Change(sequence=each) for each in CHANGES[kind]])
    with pytest.raises(PaginationError, match="sequence"):
        follow("ListUserChanges", ListUserChangesRequest(), ListUserChangesResponse, lambda _: response)


def test_pages_without_visible_items_are_skipped() -> None:
    assert (
        follow("ListUsers", ListUsersRequest(), ListUsersResponse, lambda _: page(2000)) == 667
    )  # pages of 3


@pytest.mark.parametrize("prefetch", [False, True])
def test_a_partial_keeps_its_timeout(sync_client: Client, prefetch: bool) -> None:
    call = functools.partial(sync_client.management.ListUsers, timeout=5)
    assert list(sync_client.paginate(call, ListUsersRequest(), page_size=1, prefetch=prefetch))


def test_a_client_raises_pagination_error() -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        lambda request, _: USERS["an ignored offset"](request),
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
        pager = client.paginate(client.management.ListUsers, ListUsersRequest())
        with pytest.raises(PaginationError):
            list(pager)
    server.stop(0)
