"""The calling user."""

from __future__ import annotations

from zitadel_grpc.api.auth.v1 import GetMyUserRequest, GetMyUserResponse
from zitadel_grpc.testing._rpc.refusals import not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.users import user_message


@rpc
def GetMyUser(call: Call, request: GetMyUserRequest) -> GetMyUserResponse:
    if (user := call.store.users.get(call.user_id)) is None:
        raise not_found("User could not be found", "QUERY-Dfbg2")
    return GetMyUserResponse(user=user_message(user))
