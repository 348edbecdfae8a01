"""Users: humans, machines (service users) and the credentials of machines."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime

from zitadel_grpc.testing._state.resources import Details

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The expiration date of keys and tokens that do not expire."""


class UserState(enum.Enum):
    ACTIVE = enum.auto()
    INACTIVE = enum.auto()
    LOCKED = enum.auto()
    INITIAL = enum.auto()
    """A human without a password and without a verified e-mail address."""


class AccessTokenType(enum.Enum):
    """The kind of access token that a machine gets."""

    OPAQUE = enum.auto()
    JWT = enum.auto()


@dataclass(slots=True)
class Human:
    """`gender` is the number of the enum value in both APIs."""

    first_name: str
    last_name: str
    email: str
    email_verified: bool = False
    nick_name: str = ""
    display_name: str = ""
    preferred_language: str = ""
    gender: int = 0
    phone: str = ""
    phone_verified: bool = False
    password: str | None = field(default=None, repr=False)
    password_changed: datetime | None = None
    password_change_required: bool = False

    def __post_init__(self) -> None:
        self.display_name = self.display_name or f"{self.first_name} {self.last_name}"


@dataclass(slots=True)
class Machine:
    name: str
    description: str = ""
    access_token_type: AccessTokenType = AccessTokenType.OPAQUE
    secret: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class MachineKey:
    """ZITADEL stores the public key only."""

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
    scopes: tuple[str, ...] = (
        "openid",
        "profile",
        "urn:zitadel:iam:user:metadata",
        "urn:zitadel:iam:user:resourceowner",
    )
    revoked: bool = False
    """Set when the user is deactivated or locked, and never reset."""


@dataclass(slots=True)
class Metadata:
    user_id: str
    key: str
    details: Details
    value: bytes


@dataclass(slots=True)
class User:
    id: str
    details: Details
    user_name: str
    kind: Human | Machine
    state: UserState = UserState.ACTIVE

    @property
    def human(self) -> Human | None:
        return self.kind if isinstance(self.kind, Human) else None

    @property
    def machine(self) -> Machine | None:
        return self.kind if isinstance(self.kind, Machine) else None

    @property
    def display_name(self) -> str:
        return self.kind.name if isinstance(self.kind, Machine) else self.kind.display_name
