"""Service users and their secrets."""

from __future__ import annotations

from dataclasses import replace

from zitadel_grpc.api.management.v1 import (
    AddMachineUserRequest,
    AddMachineUserResponse,
    GenerateMachineSecretRequest,
    GenerateMachineSecretResponse,
    RemoveMachineSecretRequest,
    RemoveMachineSecretResponse,
    UpdateMachineRequest,
    UpdateMachineResponse,
)
from zitadel_grpc.testing._rpc.refusals import already_exists, failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import own_user, user_of
from zitadel_grpc.testing._services.messages.details import added, changed
from zitadel_grpc.testing._services.messages.users import access_token_type
from zitadel_grpc.testing._services.secrets import new_secret
from zitadel_grpc.testing._state.users import Machine, User


@rpc
def AddMachineUser(call: Call, request: AddMachineUserRequest) -> AddMachineUserResponse:
    machine = Machine(request.name, request.description, access_token_type(request.access_token_type))
    user = call.store.add_user(
        request.user_name, machine, owner=call.organization_id, user_id=request.user_id
    )
    if user is None:
        raise already_exists("User already exists", "V3-DKcYh")
    return AddMachineUserResponse(user_id=user.id, details=changed(user.details))


@rpc
def UpdateMachine(call: Call, request: UpdateMachineRequest) -> UpdateMachineResponse:
    user = user_of(call, request.user_id, "COMMAND-5M0od")
    if user.machine is None:
        raise not_found("User could not be found", "COMMAND-5M0od")
    token_type = access_token_type(request.access_token_type)
    changed_machine = replace(
        user.machine, name=request.name, description=request.description, access_token_type=token_type
    )
    if changed_machine == user.machine:
        raise failed_precondition("User not changed", "COMMAND-2n8vs")
    user.kind = changed_machine
    return UpdateMachineResponse(details=changed(call.store.touch(user.details)))


@rpc
def GenerateMachineSecret(call: Call, request: GenerateMachineSecretRequest) -> GenerateMachineSecretResponse:
    user, machine = _machine(call, request.user_id, "COMMAND-x8910n")
    machine.secret = new_secret()
    return GenerateMachineSecretResponse(
        client_id=user.user_name,
        client_secret=machine.secret,
        details=added(call.store.touch(user.details)),
    )


@rpc
def RemoveMachineSecret(call: Call, request: RemoveMachineSecretRequest) -> RemoveMachineSecretResponse:
    user, machine = _machine(call, request.user_id, "COMMAND-x7s802")
    if machine.secret is None:
        raise failed_precondition("Secret doesn't exist", "COMMAND-coi82n")
    machine.secret = None
    return RemoveMachineSecretResponse(details=changed(call.store.touch(user.details)))


def _machine(call: Call, user_id: str, error_id: str) -> tuple[User, Machine]:
    user = own_user(call, user_id, error_id)
    if user.machine is None:
        raise failed_precondition("Errors.User.NotExisting", error_id)
    return user, user.machine
