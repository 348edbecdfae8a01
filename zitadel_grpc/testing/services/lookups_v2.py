"""What requests of the v2 APIs name, in whatever organization it is."""

from __future__ import annotations

from zitadel_grpc.testing.rpc.refusals import not_found
from zitadel_grpc.testing.rpc.services import Call
from zitadel_grpc.testing.state.users import User


def user_of(call: Call, user_id: str, error_id: str) -> User:
    if (user := call.store.users.get(user_id)) is None:
        raise not_found("User could not be found", error_id)
    return user
