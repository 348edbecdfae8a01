"""Over the wire: a server that allows less than it is asked for, and lists of changes, which the emulator has
not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.change.v1 import Change
from zitadel_grpc.api.management.v1 import (
    ListUserChangesRequest,
    ListUserChangesResponse,
    ListUsersRequest,
    ListUsersResponse,
)
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError

SERVICE = "zitadel.management.v1.ManagementService"
HIGHEST_LIMIT = 3
USERS = [f"user {number}" for number in range(10)]
SEQUENCES = list(range(1, 20, 2))
PAT = PersonalAccessToken("ey.some.token")


def list_users(request: ListUsersRequest, _: grpc.ServicerContext) -> ListUsersResponse:
    start = request.query.offset
    page = USERS[start : start + min(request.query.limit, HIGHEST_LIMIT)]
    answer = ListUsersResponse(result=[User(id=user) for user in page])
    answer.details.total_result = len(USERS)
    return answer


def list_changes(request: ListUserChangesRequest, _: grpc.ServicerContext) -> ListUserChangesResponse:
    after = [each for each in SEQUENCES if each > request.query.sequence]
    ordered = after if request.query.asc else after[::-1]
    return ListUserChangesResponse(result=[Change(sequence=each) for each in ordered[: request.query.limit]])


def handler(answer: Callable[..., Any], request: Any, response: Any) -> grpc.RpcMethodHandler[Any, Any]:
    return grpc.unary_unary_rpc_method_handler(answer, request.FromString, response.SerializeToString)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    handlers = {
        "ListUsers": handler(list_users, ListUsersRequest, ListUsersResponse),
        "ListUserChanges": handler(list_changes, ListUserChangesRequest, ListUserChangesResponse),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://localhost:{port}"
    server.stop(0).wait(10)


@pytest.mark.parametrize("prefetch", [False, True])
async def test_a_limit_that_is_lowered_does_not_end_a_list(url: str, prefetch: bool) -> None:
    async with AsyncClient(url, PAT) as client:
        pages = client.paginate(client.management.ListUsers, ListUsersRequest(), prefetch=prefetch)
        assert [user.id async for user in pages] == USERS
    with Client(url, PAT) as sync_client:
        method = sync_client.management.ListUsers
        assert [
            each.id for each in sync_client.paginate(method, ListUsersRequest(), prefetch=prefetch)
        ] == USERS


async def test_changes_are_read_from_the_oldest_on(url: str) -> None:
    request = ListUserChangesRequest(user_id="1")
    async with AsyncClient(url, PAT) as client:
        pages = client.paginate(client.management.ListUserChanges, request, page_size=4)
        assert [change.sequence async for change in pages] == SEQUENCES
        assert pages.total == len(SEQUENCES)
        with pytest.raises(
            ConfigurationError, match="ListUserChanges does not tell how many items there are"
        ):
            await client.paginate(client.management.ListUserChanges, request).count()
    with Client(url, PAT) as sync_client:
        changes = sync_client.paginate(sync_client.management.ListUserChanges, request, page_size=4)
        assert [change.sequence for change in changes] == SEQUENCES
        with pytest.raises(
            ConfigurationError, match="ListUserChanges does not tell how many items there are"
        ):
            sync_client.paginate(sync_client.management.ListUserChanges, request).count()
