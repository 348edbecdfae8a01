"""Client secrets of service users."""

from __future__ import annotations

from zitadel_grpc.api.user.v2 import (
    AddSecretRequest,
    AddSecretResponse,
    RemoveSecretRequest,
    RemoveSecretResponse,
)
from zitadel_grpc.testing._rpc.refusals import failed_precondition
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check_user
from zitadel_grpc.testing._services.secrets import new_secret
from zitadel_grpc.testing._state.users import Machine, User


@rpc
def AddSecret(call: Call, request: AddSecretRequest) -> AddSecretResponse:
    user, machine = _machine(call, request.user_id, "COMMAND-x8910n")
    machine.secret = new_secret()
    details = call.store.touch(user.details)
    return AddSecretResponse(creation_date=timestamp(details.change_date), client_secret=machine.secret)


@rpc
def RemoveSecret(call: Call, request: RemoveSecretRequest) -> RemoveSecretResponse:
    user, machine = _machine(call, request.user_id, "COMMAND-x7s802")
    if machine.secret is None:
        raise failed_precondition("Secret doesn't exist", "COMMAND-coi82n")
    machine.secret = None
    details = call.store.touch(user.details)
    return RemoveSecretResponse(deletion_date=timestamp(details.change_date))


def _machine(call: Call, user_id: str, error_id: str) -> tuple[User, Machine]:
    user = call.store.users.get(user_id)
    if user is None or user.machine is None:
        raise failed_precondition("Errors.User.NotExisting", error_id)
    check_user(call, "user.write", user, allow_self=True)
    return user, user.machine
