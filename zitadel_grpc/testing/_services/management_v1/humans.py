"""Humans."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddHumanUserRequest,
    AddHumanUserResponse,
    ImportHumanUserRequest,
    ImportHumanUserResponse,
)
from zitadel_grpc.testing._rpc.refusals import already_exists
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.humans import add_human, human_of
from zitadel_grpc.testing._services.messages.details import changed
from zitadel_grpc.testing._state.users import Human, User


@rpc
def AddHumanUser(call: Call, request: AddHumanUserRequest) -> AddHumanUserResponse:
    human = human_of(call.store, request.profile, request.email, request.phone, request.initial_password)
    user = _add(call, request.user_name, human)
    return AddHumanUserResponse(user_id=user.id, details=changed(user.details))


@rpc
def ImportHumanUser(call: Call, request: ImportHumanUserRequest) -> ImportHumanUserResponse:
    human = human_of(call.store, request.profile, request.email, request.phone, request.password)
    user = _add(call, request.user_name, human)
    return ImportHumanUserResponse(user_id=user.id, details=changed(user.details))


def _add(call: Call, user_name: str, human: Human) -> User:
    if (user := add_human(call.store, user_name, human, owner=call.organization_id)) is None:
        raise already_exists("User already exists", "V3-DKcYh")
    return user
