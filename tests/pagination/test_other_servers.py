"""What the emulator does not do: a lower limit than requested, and lists of changes."""

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
    response = ListUsersResponse(result=[User(id=user) for user in page])
    response.details.total_result = len(USERS)
    return response


def list_changes(request: ListUserChangesRequest, _: grpc.ServicerContext) -> ListUserChangesResponse:
    after = [each for each in SEQUENCES if each > request.query.sequence]
    ordered = after if request.query.asc else after[::-1]
    return ListUserChangesResponse(result=[Change(sequence=each) for each in ordered[: request.query.limit]])


def handler(respond: Callable[..., Any], request: Any, response: Any) -> grpc.RpcMethodHandler[Any, Any]:
    return grpc.unary_unary_rpc_method_handler(respond, request.FromString, response.SerializeToString)


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
async def test_a_server_with_a_lower_limit_is_read_to_the_end(url: str, prefetch: bool) -> None:
    async with AsyncClient(url, PAT) as client:
        pager = client.paginate(client.management.ListUsers, ListUsersRequest(), prefetch=prefetch)
        assert [user.id async for user in pager] == USERS
    with Client(url, PAT) as sync_client:
        method = sync_client.management.ListUsers
        assert [
            each.id for each in sync_client.paginate(method, ListUsersRequest(), prefetch=prefetch)
        ] == USERS


async def test_changes_are_read_oldest_first(url: str) -> None:
    request = ListUserChangesRequest(user_id="1")
    async with AsyncClient(url, PAT) as client:
        pager = client.paginate(client.management.ListUserChanges, request, page_size=4)
        assert [change.sequence async for change in pager] == SEQUENCES
        assert pager.total == len(SEQUENCES)
        with pytest.raises(ConfigurationError, match="ListUserChanges does not report a total"):
            await client.paginate(client.management.ListUserChanges, request).count()
    with Client(url, PAT) as sync_client:
        changes = sync_client.paginate(sync_client.management.ListUserChanges, request, page_size=4)
        assert [change.sequence for change in changes] == SEQUENCES
        with pytest.raises(ConfigurationError, match="ListUserChanges does not report a total"):
            sync_client.paginate(sync_client.management.ListUserChanges, request).count()
