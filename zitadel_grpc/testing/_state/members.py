"""Manager roles of users."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from zitadel_grpc.testing._state.resources import Details


class Level(enum.Enum):
    INSTANCE = enum.auto()
    ORGANIZATION = enum.auto()
    PROJECT = enum.auto()


@dataclass(slots=True)
class Member:
    """A user's `roles` on the instance, organization or project `resource_id`."""

    level: Level
    resource_id: str
    user_id: str
    details: Details
    roles: list[str]
