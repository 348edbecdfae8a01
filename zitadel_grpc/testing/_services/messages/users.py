"""Users as messages of the v1 APIs."""

from __future__ import annotations

from zitadel_grpc.api.user.v1 import (
    AccessTokenType,
    Email,
    Gender,
    Human,
    Machine,
    Phone,
    Profile,
    Type,
    User,
    UserState,
)
from zitadel_grpc.testing._services.messages.details import details_of, timestamp
from zitadel_grpc.testing._state import users

STATES = {
    users.UserState.ACTIVE: UserState.USER_STATE_ACTIVE,
    users.UserState.INACTIVE: UserState.USER_STATE_INACTIVE,
    users.UserState.LOCKED: UserState.USER_STATE_LOCKED,
    users.UserState.INITIAL: UserState.USER_STATE_INITIAL,
}
UNDETERMINED = "und"
"""The language (ISO 639-2) of users without one."""
_TOKEN_TYPES = {
    users.AccessTokenType.OPAQUE: AccessTokenType.ACCESS_TOKEN_TYPE_BEARER,
    users.AccessTokenType.JWT: AccessTokenType.ACCESS_TOKEN_TYPE_JWT,
}


def user_message(user: users.User) -> User:
    message = User(
        id=user.id,
        details=details_of(user.details),
        state=STATES[user.state],
        user_name=user.user_name,
        login_names=[user.user_name],
        preferred_login_name=user.user_name,
    )
    if isinstance(user.kind, users.Machine):
        message.machine.CopyFrom(_machine(user.kind))
    else:
        message.human.CopyFrom(_human(user.kind))
    return message


def type_of(user: users.User) -> Type.ValueType:
    return Type.TYPE_HUMAN if user.human else Type.TYPE_MACHINE


def access_token_type(value: AccessTokenType.ValueType) -> users.AccessTokenType:
    """Reads the access token type of a request."""
    return next(kind for kind, number in _TOKEN_TYPES.items() if number == value)


def _machine(machine: users.Machine) -> Machine:
    return Machine(
        name=machine.name,
        description=machine.description,
        has_secret=machine.secret is not None,
        access_token_type=_TOKEN_TYPES[machine.access_token_type],
    )


def _human(human: users.Human) -> Human:
    return Human(
        profile=Profile(
            first_name=human.first_name,
            last_name=human.last_name,
            nick_name=human.nick_name,
            display_name=human.display_name,
            preferred_language=human.preferred_language or UNDETERMINED,
            gender=Gender.ValueType(human.gender),
        ),
        email=Email(email=human.email, is_email_verified=human.email_verified),
        phone=Phone(phone=human.phone, is_phone_verified=human.phone_verified),
        password_changed=timestamp(human.password_changed) if human.password_changed else None,
    )
