"""Adds humans as the v1 APIs describe them."""

from __future__ import annotations

from typing import Protocol

from zitadel_grpc.testing._services.passwords import check_password
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._state.users import Human, User, UserState


class _Profile(Protocol):
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def nick_name(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def preferred_language(self) -> str: ...
    @property
    def gender(self) -> int: ...


class _Email(Protocol):
    @property
    def email(self) -> str: ...
    @property
    def is_email_verified(self) -> bool: ...


class _Phone(Protocol):
    @property
    def phone(self) -> str: ...
    @property
    def is_phone_verified(self) -> bool: ...


def human_of(store: Store, profile: _Profile, email: _Email, phone: _Phone, password: str) -> Human:
    """Raises Refusal if the password is too weak."""
    if password:
        check_password(password)
    return Human(
        first_name=profile.first_name,
        last_name=profile.last_name,
        nick_name=profile.nick_name,
        display_name=profile.display_name,
        preferred_language=profile.preferred_language,
        gender=profile.gender,
        email=email.email,
        email_verified=email.is_email_verified,
        phone=phone.phone,
        phone_verified=phone.is_phone_verified,
        password=password or None,
        password_changed=store.clock.datetime() if password else None,
    )


def add_human(
    store: Store, user_name: str, human: Human, *, owner: str, user_id: str | None = None
) -> User | None:
    """Returns None if the name or the id is taken."""
    user = store.add_user(user_name, human, owner=owner, user_id=user_id)
    if user and not (human.email_verified or human.password):
        user.state = UserState.INITIAL
    return user
