"""The states of users, however an API changes them."""

from __future__ import annotations

from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.users import User, UserState


def become(call: Call, user: User, state: UserState) -> None:
    """Tokens end with the active state, and do not come back with it."""
    user.state = state
    if state is not UserState.ACTIVE:
        call.store.end_tokens(user.id)
    call.store.touch(user.details)
