"""Users of an organization, whatever their kind."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    DeactivateUserRequest,
    DeactivateUserResponse,
    GetUserByIDRequest,
    GetUserByIDResponse,
    GetUserByLoginNameGlobalRequest,
    GetUserByLoginNameGlobalResponse,
    IsUserUniqueRequest,
    IsUserUniqueResponse,
    ListUsersRequest,
    ListUsersResponse,
    ReactivateUserRequest,
    ReactivateUserResponse,
    RemoveUserRequest,
    RemoveUserResponse,
)
from zitadel_grpc.testing.rpc.lists import page_of
from zitadel_grpc.testing.rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.lookups import user_of
from zitadel_grpc.testing.services.messages.details import changed, list_details
from zitadel_grpc.testing.services.messages.users import user_message
from zitadel_grpc.testing.services.user_filters import FILTERS, ORDERS
from zitadel_grpc.testing.state.users import User, UserState


@rpc
def GetUserByID(call: Call, request: GetUserByIDRequest) -> GetUserByIDResponse:
    return GetUserByIDResponse(user=user_message(user_of(call, request.id, "QUERY-Dfbg2")))


@rpc
def GetUserByLoginNameGlobal(
    call: Call, request: GetUserByLoginNameGlobalRequest
) -> GetUserByLoginNameGlobalResponse:
    if (user := call.store.user_by_name(request.login_name)) is None:
        raise not_found("User could not be found", "QUERY-Dfbg2")
    return GetUserByLoginNameGlobalResponse(user=user_message(user))


@rpc
def ListUsers(call: Call, request: ListUsersRequest) -> ListUsersResponse:
    rows = FILTERS.select(_users_of_organization(call), request.queries)
    page = page_of(rows, request.query, order=ORDERS[request.sorting_column])
    return ListUsersResponse(
        details=list_details(call.store, len(rows)),
        sorting_column=request.sorting_column,
        result=map(user_message, page),
    )


@rpc
def IsUserUnique(call: Call, request: IsUserUniqueRequest) -> IsUserUniqueResponse:
    taken = any(
        user.user_name == request.user_name or (user.human and user.human.email == request.email)
        for user in _users_of_organization(call)
    )
    return IsUserUniqueResponse(is_unique=not taken)


@rpc
def DeactivateUser(call: Call, request: DeactivateUserRequest) -> DeactivateUserResponse:
    user = user_of(call, request.id, "COMMAND-3M9ds")
    if user.state is UserState.INACTIVE:
        raise failed_precondition("User already inactive", "COMMAND-5M0sf")
    user.state = UserState.INACTIVE
    call.store.end_tokens(user.id)
    return DeactivateUserResponse(details=changed(call.store.touch(user.details)))


@rpc
def ReactivateUser(call: Call, request: ReactivateUserRequest) -> ReactivateUserResponse:
    user = user_of(call, request.id, "COMMAND-4M0sd")
    if user.state is not UserState.INACTIVE:
        raise failed_precondition("User is not inactive", "COMMAND-6M0sf")
    user.state = UserState.ACTIVE
    return ReactivateUserResponse(details=changed(call.store.touch(user.details)))


@rpc
def RemoveUser(call: Call, request: RemoveUserRequest) -> RemoveUserResponse:
    user = user_of(call, request.id, "COMMAND-m9od")
    call.store.remove_user(user.id)
    return RemoveUserResponse(details=changed(call.store.touch(user.details)))


def _users_of_organization(call: Call) -> list[User]:
    return [user for user in call.store.users.values() if user.details.resource_owner == call.organization_id]
