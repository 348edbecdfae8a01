"""Changes users: only the fields that a request sets."""

from __future__ import annotations

from zitadel_grpc.api.user.v2 import SetPassword, UpdateUserRequest, UpdateUserResponse
from zitadel_grpc.testing._rpc.refusals import already_exists, invalid_argument, not_found, unimplemented
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.humans_v2 import set_email, set_password, set_phone
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check_user
from zitadel_grpc.testing._state.users import Human, Machine, User


@rpc
def UpdateUser(call: Call, request: UpdateUserRequest) -> UpdateUserResponse:
    kind = request.WhichOneof("user_type")
    if kind is None:
        raise unimplemented("user type is not implemented")
    user = call.store.users.get(request.user_id)
    if user is None or (kind == "human") is not bool(user.human):
        raise not_found("User could not be found", "COMMAND-ugjs0upun6")
    check_user(call, "user.write", user, allow_self=True)
    user_name = request.username if request.HasField("username") else user.user_name
    if call.store.user_by_name(user_name) not in (None, user):
        raise already_exists("User already exists", "V3-DKcYh")
    response = UpdateUserResponse()
    if isinstance(user.kind, Machine):
        _update_machine(user.kind, request.machine)
    else:
        response = _update_human(call, user, user.kind, request.human)
    user.user_name = user_name
    response.change_date.CopyFrom(timestamp(call.store.touch(user.details).change_date))
    return response


def _update_machine(machine: Machine, change: UpdateUserRequest.Machine) -> None:
    if change.HasField("name"):
        machine.name = change.name
    if change.HasField("description"):
        machine.description = change.description


def _update_human(
    call: Call, user: User, human: Human, change: UpdateUserRequest.Human
) -> UpdateUserResponse:
    phone = change.phone
    if change.HasField("phone") and not phone.phone and phone.WhichOneof("verification"):
        raise invalid_argument("Verifying phone removal is not supported", "USERv2-4f3d6")
    if change.HasField("password"):
        _change_password(call, user, human, change.password)
    if change.HasField("profile"):
        _change_profile(human, change.profile)
    return UpdateUserResponse(
        email_code=set_email(human, change.email) if change.HasField("email") else None,
        phone_code=set_phone(human, phone) if change.HasField("phone") else None,
    )


def _change_profile(human: Human, profile: UpdateUserRequest.Human.Profile) -> None:
    fields = {
        "given_name": "first_name",
        "family_name": "last_name",
        "nick_name": "nick_name",
        "display_name": "display_name",
        "preferred_language": "preferred_language",
        "gender": "gender",
    }
    for descriptor, value in profile.ListFields():
        setattr(human, fields[descriptor.name], value)


def _change_password(call: Call, user: User, human: Human, password: SetPassword) -> None:
    """Requires a permission or, for the caller itself, the current password."""
    match password.WhichOneof("verification"):
        case "current_password":
            if password.current_password != human.password:
                raise invalid_argument("Password is invalid", "COMMAND-3M0fs")
        case "verification_code":
            raise unimplemented("verification codes of passwords are not implemented by the emulator")
        case _:
            check_user(call, "user.credential.write", user)
    set_password(call, human, password)
