"""State changes of users, for all APIs."""

from __future__ import annotations

from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.users import User, UserState


def become(call: Call, user: User, state: UserState) -> None:
    """Leaving the active state revokes the user's tokens permanently."""
    user.state = state
    if state is not UserState.ACTIVE:
        call.store.end_tokens(user.id)
    call.store.touch(user.details)
