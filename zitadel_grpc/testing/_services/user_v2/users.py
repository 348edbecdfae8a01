"""Reads, lists and deletes users."""

from __future__ import annotations

from zitadel_grpc.api.user.v2 import (
    DeleteUserRequest,
    DeleteUserResponse,
    GetUserByIDRequest,
    GetUserByIDResponse,
    ListUsersRequest,
    ListUsersResponse,
)
from zitadel_grpc.testing._rpc.lists import order_by, page_of
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups_v2 import user_of
from zitadel_grpc.testing._services.messages.details_v2 import changed, details_of, list_details
from zitadel_grpc.testing._services.messages.users_v2 import user_message
from zitadel_grpc.testing._services.permission_checks import check_user, may, visible_to
from zitadel_grpc.testing._services.user_filters import FILTERS, ORDERS


@rpc
def GetUserByID(call: Call, request: GetUserByIDRequest) -> GetUserByIDResponse:
    user = user_of(call, request.user_id, "QUERY-Dfbg2")
    check_user(call, "user.read", user, allow_self=True)
    return GetUserByIDResponse(details=details_of(user.details), user=user_message(user))


@rpc
def ListUsers(call: Call, request: ListUsersRequest) -> ListUsersResponse:
    """Lists users of all organizations that the caller may see."""
    seen = filter(visible_to(call), call.store.users.values())
    rows = FILTERS.select(seen, request.queries)
    page = page_of(rows, request.query, order=order_by(ORDERS, request.sorting_column))
    return ListUsersResponse(details=list_details(call.store, len(rows)), result=map(user_message, page))


@rpc
def DeleteUser(call: Call, request: DeleteUserRequest) -> DeleteUserResponse:
    user = user_of(call, request.user_id, "COMMAND-bd4ir1mblj")
    of_oneself = call.user_id == user.id and may(call, "user.self.delete", owner=user.details.resource_owner)
    if not of_oneself:
        check_user(call, "user.delete", user)
    call.store.remove_user(user.id)
    return DeleteUserResponse(details=changed(call.store.touch(user.details)))
