"""Adds users."""

from __future__ import annotations

from zitadel_grpc.api.user.v2 import (
    AddHumanUserRequest,
    AddHumanUserResponse,
    CreateUserRequest,
    CreateUserResponse,
    SetMetadataEntry,
)
from zitadel_grpc.testing._rpc.refusals import (
    already_exists,
    failed_precondition,
    permission_denied,
)
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.humans_v2 import add_human
from zitadel_grpc.testing._services.lookups_v2 import check_organization
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.messages.details_v2 import changed
from zitadel_grpc.testing._services.permission_checks import check
from zitadel_grpc.testing._state.users import Machine, User


@rpc
def CreateUser(call: Call, request: CreateUserRequest) -> CreateUserResponse:
    owner = request.organization_id
    check(call, "user.write", owner=owner)
    check_organization(call, owner)
    if request.HasField("machine"):
        user = _add_machine(call, request)
        return CreateUserResponse(id=user.id, creation_date=timestamp(user.details.creation_date))
    added = add_human(call, _as_human_request(request), owner=owner)
    return CreateUserResponse(
        id=added.user.id,
        creation_date=timestamp(added.user.details.creation_date),
        email_code=added.email_code,
        phone_code=added.phone_code,
    )


@rpc
def AddHumanUser(call: Call, request: AddHumanUserRequest) -> AddHumanUserResponse:
    owner = _organization_of(call, request)
    check(call, "user.write", owner=owner)
    added = add_human(call, request, owner=owner)
    return AddHumanUserResponse(
        user_id=added.user.id,
        details=changed(added.user.details),
        email_code=added.email_code,
        phone_code=added.phone_code,
    )


def _add_machine(call: Call, request: CreateUserRequest) -> User:
    user_id = request.user_id or call.store.new_id()
    if user_id in call.store.users:
        raise failed_precondition("Errors.User.AlreadyExisting", "COMMAND-k2una")
    machine = Machine(request.machine.name, request.machine.description)
    user = call.store.add_user(
        request.username or user_id, machine, owner=request.organization_id, user_id=user_id
    )
    if user is None:
        raise already_exists("User already exists", "V3-DKcYh")
    return user


def _as_human_request(request: CreateUserRequest) -> AddHumanUserRequest:
    """Converts the human of a CreateUserRequest to an AddHumanUserRequest."""
    human = request.human
    message = AddHumanUserRequest(
        user_id=request.user_id,
        username=request.username,
        profile=human.profile,
        email=human.email,
        phone=human.phone,
        idp_links=human.idp_links,
        metadata=[SetMetadataEntry(key=entry.key, value=entry.value) for entry in human.metadata],
    )
    if human.HasField("password"):
        message.password.CopyFrom(human.password)
    elif human.HasField("hashed_password"):
        message.hashed_password.CopyFrom(human.hashed_password)
    return message


def _organization_of(call: Call, request: AddHumanUserRequest) -> str:
    """The organization in the request, by id or domain, or else that of the call."""
    asked = request.organization
    match asked.WhichOneof("org"):
        case "org_id":
            known = asked.org_id in call.store.organizations
            found = asked.org_id if known else None
        case "org_domain":
            organizations = call.store.organizations.values()
            found = next((each.id for each in organizations if each.primary_domain == asked.org_domain), None)
        case _:
            found = call.organization_id
    if found is None:
        raise permission_denied("Organisation doesn't exist", "AUTH-Bs7Ds")
    return found
