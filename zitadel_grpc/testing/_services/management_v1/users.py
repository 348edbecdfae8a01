"""Humans and service users of an organization."""

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
    LockUserRequest,
    LockUserResponse,
    ReactivateUserRequest,
    ReactivateUserResponse,
    RemoveUserRequest,
    RemoveUserResponse,
    UnlockUserRequest,
    UnlockUserResponse,
    UpdateUserNameRequest,
    UpdateUserNameResponse,
)
from zitadel_grpc.testing._rpc.lists import order_by, page_of
from zitadel_grpc.testing._rpc.refusals import already_exists, failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import is_own, user_of
from zitadel_grpc.testing._services.messages.details import changed, list_details
from zitadel_grpc.testing._services.messages.users import user_message
from zitadel_grpc.testing._services.user_filters import FILTERS, ORDERS
from zitadel_grpc.testing._services.user_states import become
from zitadel_grpc.testing._state.users import UserState


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
    own = (user for user in call.store.users.values() if is_own(call, user.details))
    rows = FILTERS.select(own, request.queries)
    page = page_of(rows, request.query, order=order_by(ORDERS, request.sorting_column))
    return ListUsersResponse(details=list_details(call.store, len(rows)), result=map(user_message, page))


@rpc
def IsUserUnique(call: Call, request: IsUserUniqueRequest) -> IsUserUniqueResponse:
    """Checks the whole instance: with the default policy, user names have no organization domain."""
    taken = any(
        user.user_name == request.user_name or (user.human and user.human.email == request.email)
        for user in call.store.users.values()
    )
    return IsUserUniqueResponse(is_unique=not taken)


@rpc
def DeactivateUser(call: Call, request: DeactivateUserRequest) -> DeactivateUserResponse:
    user = user_of(call, request.id, "COMMAND-3M9ds")
    if user.state is UserState.INITIAL:
        raise not_found("User with state initial can only be deleted not deactivated", "COMMAND-ke0fw")
    if user.state is UserState.INACTIVE:
        raise failed_precondition("User already inactive", "COMMAND-5M0sf")
    become(call, user, UserState.INACTIVE)
    return DeactivateUserResponse(details=changed(user.details))


@rpc
def ReactivateUser(call: Call, request: ReactivateUserRequest) -> ReactivateUserResponse:
    user = user_of(call, request.id, "COMMAND-4M0sd")
    if user.state is not UserState.INACTIVE:
        raise failed_precondition("User is not inactive", "COMMAND-6M0sf")
    become(call, user, UserState.ACTIVE)
    return ReactivateUserResponse(details=changed(user.details))


@rpc
def LockUser(call: Call, request: LockUserRequest) -> LockUserResponse:
    user = user_of(call, request.id, "COMMAND-5M9fs")
    if user.state not in (UserState.ACTIVE, UserState.INITIAL):
        raise failed_precondition("User is not active or initial", "COMMAND-3NN8v")
    become(call, user, UserState.LOCKED)
    return LockUserResponse(details=changed(user.details))


@rpc
def UnlockUser(call: Call, request: UnlockUserRequest) -> UnlockUserResponse:
    user = user_of(call, request.id, "COMMAND-M0dos")
    if user.state is not UserState.LOCKED:
        raise failed_precondition("User is not locked", "COMMAND-4M0ds")
    become(call, user, UserState.ACTIVE)
    return UnlockUserResponse(details=changed(user.details))


@rpc
def UpdateUserName(call: Call, request: UpdateUserNameRequest) -> UpdateUserNameResponse:
    user = user_of(call, request.user_id, "COMMAND-5N9ds")
    user_name = request.user_name.strip()
    if user_name == user.user_name:
        raise failed_precondition("Username not changed", "COMMAND-6m9gs")
    if call.store.user_by_name(user_name):
        raise already_exists("User already exists", "V3-DKcYh")
    user.user_name = user_name
    return UpdateUserNameResponse(details=changed(call.store.touch(user.details)))


@rpc
def RemoveUser(call: Call, request: RemoveUserRequest) -> RemoveUserResponse:
    user = user_of(call, request.id, "COMMAND-m9od")
    call.store.remove_user(user.id)
    return RemoveUserResponse(details=changed(call.store.touch(user.details)))
