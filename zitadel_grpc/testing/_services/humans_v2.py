"""Adds and changes humans as the v2 APIs describe them."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass, field

from zitadel_grpc.api.user.v2 import (
    AddHumanUserRequest,
    SetHumanEmail,
    SetHumanPhone,
    SetPassword,
)
from zitadel_grpc.testing._rpc.refusals import already_exists, failed_precondition, invalid_argument
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._services.passwords import check_password
from zitadel_grpc.testing._state.users import Human, User

_CODE_ALPHABET = string.ascii_uppercase + string.digits
_CODE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class AddedHuman:
    """A user with the verification codes that the request asks for."""

    user: User
    email_code: str | None = field(repr=False)
    phone_code: str | None = field(repr=False)


def add_human(call: Call, request: AddHumanUserRequest, *, owner: str) -> AddedHuman:
    """Adds an active human, verified or not. Raises Refusal."""
    profile = request.profile
    first_name, last_name = profile.given_name.strip(), profile.family_name.strip()
    if not first_name:
        raise invalid_argument("Given name in profile is empty", "USER-UCej2")
    if not last_name:
        raise invalid_argument("Family name in profile is empty", "USER-4hB7d")
    if request.user_id in call.store.users:
        raise failed_precondition("Errors.User.AlreadyExisting", "COMMAND-7yiox1isql")
    if request.idp_links:  # the emulator has no identity providers
        raise failed_precondition("Identity Provider Configuration doesn't exist", "COMMAND-39nf2")
    human = Human(
        first_name=first_name,
        last_name=last_name,
        nick_name=profile.nick_name,
        display_name=profile.display_name.strip(),
        preferred_language=profile.preferred_language,
        gender=profile.gender,
        email="",
    )
    email_code, phone_code = set_email(human, request.email), set_phone(human, request.phone)
    set_password(call, human, request)
    user_name = (request.username or request.email.email).strip()
    user = call.store.add_user(user_name, human, owner=owner, user_id=request.user_id or None)
    if user is None:
        raise already_exists("User already exists", "V3-DKcYh")
    for entry in request.metadata:
        call.store.set_metadata(user, entry.key, entry.value)
    return AddedHuman(user, email_code, phone_code)


def set_email(human: Human, email: SetHumanEmail) -> str | None:
    """Returns the verification code if the request asks for it."""
    if email.email and email.email != human.email:
        human.email, human.email_verified = email.email, False
    human.email_verified = human.email_verified or email.is_verified
    return _new_code() if email.HasField("return_code") and not human.email_verified else None


def set_phone(human: Human, phone: SetHumanPhone) -> str | None:
    """Returns the verification code if the request asks for it. An empty number removes the phone."""
    number = re.sub(r"[\s()./-]", "", phone.phone)
    if number != human.phone:
        human.phone, human.phone_verified = number, False
    human.phone_verified = bool(number) and (human.phone_verified or phone.is_verified)
    return _new_code() if phone.HasField("return_code") and number and not human.phone_verified else None


def set_password(call: Call, human: Human, request: AddHumanUserRequest | SetPassword) -> None:
    """Sets the password, plain or hashed, if the request has one. Raises Refusal if it is too weak."""
    if request.HasField("password"):
        check_password(request.password.password)
        human.password = request.password.password
        human.password_change_required = request.password.change_required
    elif request.HasField("hashed_password"):
        human.password = request.hashed_password.hash
        human.password_change_required = request.hashed_password.change_required
    else:
        return
    human.password_changed = call.store.clock.datetime()


def _new_code() -> str:
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
