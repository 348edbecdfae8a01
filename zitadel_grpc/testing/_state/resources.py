"""The instance, organizations, and the details of every resource."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Details:
    """`sequence` is the number of the resource's last event."""

    resource_owner: str
    sequence: int
    creation_date: datetime
    change_date: datetime


@dataclass(slots=True)
class Domain:
    details: Details
    name: str
    primary: bool = False
    generated: bool = False


@dataclass(slots=True)
class Instance:
    """`project_id` is ZITADEL's own project, the reserved audience."""

    id: str
    details: Details
    name: str
    project_id: str
    domains: list[Domain]
    security: SecurityPolicy


@dataclass(slots=True)
class SecurityPolicy:
    """A domain of the instance."""

    details: Details
    enable_impersonation: bool = False
    enable_iframe_embedding: bool = False
    allowed_origins: list[str] = field(default_factory=list)


class State(enum.IntEnum):
    """The state of all resources except users, with the APIs' enum numbers. UNSPECIFIED means removed."""

    UNSPECIFIED = 0
    ACTIVE = 1
    INACTIVE = 2


@dataclass(slots=True)
class Organization:
    id: str
    details: Details
    name: str
    primary_domain: str
    state: State = State.ACTIVE
