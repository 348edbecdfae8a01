"""Locks, unlocks, deactivates and reactivates users."""

from __future__ import annotations

from zitadel_grpc.api.object.v2 import Details
from zitadel_grpc.api.user.v2 import (
    DeactivateUserRequest,
    DeactivateUserResponse,
    LockUserRequest,
    LockUserResponse,
    ReactivateUserRequest,
    ReactivateUserResponse,
    UnlockUserRequest,
    UnlockUserResponse,
)
from zitadel_grpc.testing._rpc.refusals import failed_precondition
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups_v2 import user_of
from zitadel_grpc.testing._services.messages.details_v2 import changed
from zitadel_grpc.testing._services.permission_checks import check_user
from zitadel_grpc.testing._services.user_states import become
from zitadel_grpc.testing._state.users import User, UserState


@rpc
def LockUser(call: Call, request: LockUserRequest) -> LockUserResponse:
    user = user_of(call, request.user_id, "COMMAND-450yxuqrh1")
    if user.state not in (UserState.ACTIVE, UserState.INITIAL):
        raise failed_precondition("User is not active or initial", "COMMAND-lgws8wtsqf")
    return LockUserResponse(details=_become(call, user, UserState.LOCKED))


@rpc
def UnlockUser(call: Call, request: UnlockUserRequest) -> UnlockUserResponse:
    user = user_of(call, request.user_id, "COMMAND-x377t913pw")
    if user.state is not UserState.LOCKED:
        raise failed_precondition("User is not locked", "COMMAND-olb9vb0oca")
    return UnlockUserResponse(details=_become(call, user, UserState.ACTIVE))


@rpc
def DeactivateUser(call: Call, request: DeactivateUserRequest) -> DeactivateUserResponse:
    user = user_of(call, request.user_id, "COMMAND-5gp2p62iin")
    if user.state is UserState.INITIAL:
        raise failed_precondition(
            "User with state initial can only be deleted not deactivated", "COMMAND-gvx4kct9r2"
        )
    if user.state is UserState.INACTIVE:
        raise failed_precondition("User already inactive", "COMMAND-5gunjw0cd7")
    return DeactivateUserResponse(details=_become(call, user, UserState.INACTIVE))


@rpc
def ReactivateUser(call: Call, request: ReactivateUserRequest) -> ReactivateUserResponse:
    user = user_of(call, request.user_id, "COMMAND-9hy5kzbuk6")
    if user.state is not UserState.INACTIVE:
        raise failed_precondition("User is not inactive", "COMMAND-s5qqcz97hf")
    return ReactivateUserResponse(details=_become(call, user, UserState.ACTIVE))


def _become(call: Call, user: User, state: UserState) -> Details:
    check_user(call, "user.write", user)
    become(call, user, state)
    return changed(user.details)
