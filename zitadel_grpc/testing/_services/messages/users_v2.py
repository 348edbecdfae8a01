"""Users as messages of the v2 API."""

from __future__ import annotations

from zitadel_grpc.api.user.v2 import (
    AccessTokenType,
    Gender,
    HumanEmail,
    HumanPhone,
    HumanProfile,
    HumanUser,
    MachineUser,
    User,
    UserState,
)
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.messages.details_v2 import details_of
from zitadel_grpc.testing._services.messages.users import UNDETERMINED
from zitadel_grpc.testing._state import users

_STATES = {
    users.UserState.ACTIVE: UserState.USER_STATE_ACTIVE,
    users.UserState.INACTIVE: UserState.USER_STATE_INACTIVE,
    users.UserState.LOCKED: UserState.USER_STATE_LOCKED,
    users.UserState.INITIAL: UserState.USER_STATE_INITIAL,
}
_TOKEN_TYPES = {
    users.AccessTokenType.OPAQUE: AccessTokenType.ACCESS_TOKEN_TYPE_BEARER,
    users.AccessTokenType.JWT: AccessTokenType.ACCESS_TOKEN_TYPE_JWT,
}


def user_message(user: users.User) -> User:
    message = User(
        user_id=user.id,
        details=details_of(user.details),
        state=_STATES[user.state],
        username=user.user_name,
        login_names=[user.user_name],
        preferred_login_name=user.user_name,
    )
    if isinstance(user.kind, users.Machine):
        message.machine.CopyFrom(_machine(user.kind))
    else:
        message.human.CopyFrom(_human(user.kind))
    return message


def _machine(machine: users.Machine) -> MachineUser:
    return MachineUser(
        name=machine.name,
        description=machine.description,
        has_secret=machine.secret is not None,
        access_token_type=_TOKEN_TYPES[machine.access_token_type],
    )


def _human(human: users.Human) -> HumanUser:
    return HumanUser(
        profile=HumanProfile(
            given_name=human.first_name,
            family_name=human.last_name,
            nick_name=human.nick_name,
            display_name=human.display_name,
            preferred_language=human.preferred_language or UNDETERMINED,
            gender=Gender.ValueType(human.gender),
        ),
        email=HumanEmail(email=human.email, is_verified=human.email_verified),
        phone=HumanPhone(phone=human.phone, is_verified=human.phone_verified),
        password_change_required=human.password_change_required,
        password_changed=timestamp(human.password_changed) if human.password_changed else None,
    )
