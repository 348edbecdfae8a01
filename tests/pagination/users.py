"""ListUsers requests, and what the emulator received of them."""

from __future__ import annotations

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.management.v1 import ListUsersRequest
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.pagination import AsyncPager, Pager
from zitadel_grpc.testing import Emulator

LIST_USERS = "zitadel.management.v1.ManagementService/ListUsers"


def ids(users: list[User]) -> list[str]:
    return [user.id for user in users]


def requested_pages(emulator: Emulator) -> list[tuple[int, int]]:
    """Offset and limit of each ListUsers call."""
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


def list_users_sync(client: Client, page_size: int = 10, *, prefetch: bool = False) -> Pager[User]:
    return client.paginate(
        client.management.ListUsers, ListUsersRequest(), page_size=page_size, prefetch=prefetch
    )
