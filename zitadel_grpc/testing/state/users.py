"""Users, human and machine (service users), and what a machine proves itself with."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from zitadel_grpc.testing.state.resources import Details


class UserState(enum.Enum):
    ACTIVE = enum.auto()
    INACTIVE = enum.auto()
    LOCKED = enum.auto()


class AccessTokenType(enum.Enum):
    """What the token endpoint gives a machine."""

    OPAQUE = enum.auto()
    JWT = enum.auto()


@dataclass(slots=True)
class Human:
    first_name: str
    last_name: str
    email: str
    email_verified: bool = False
    display_name: str = ""
    preferred_language: str = ""
    password_changed: datetime | None = None


@dataclass(slots=True)
class Machine:
    name: str
    description: str = ""
    access_token_type: AccessTokenType = AccessTokenType.OPAQUE
    secret: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class MachineKey:
    """The public half; ZITADEL shows the private one once."""

    id: str
    user_id: str
    details: Details
    public_key: bytes
    """PEM"""
    expiration_date: datetime


@dataclass(slots=True)
class PersonalAccessToken:
    id: str
    user_id: str
    details: Details
    token: str = field(repr=False)
    expiration_date: datetime
    scopes: tuple[str, ...] = ()


@dataclass(slots=True)
class User:
    id: str
    details: Details
    user_name: str
    kind: Human | Machine
    state: UserState = UserState.ACTIVE

    @property
    def display_name(self) -> str:
        return self.kind.name if isinstance(self.kind, Machine) else self.kind.display_name
