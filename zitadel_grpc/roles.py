"""Manager roles, their levels, and the permissions that a real server was seen to give with each."""

from __future__ import annotations

import functools
import json
import pkgutil
from typing import Any

__all__ = ["LEVELS", "permissions_of", "roles_granting", "roles_of_level"]

LEVELS = ("project", "organization", "instance")

# Not among the roles observed: what members of one project were seen to do, beyond their GLOBAL kin.
_GRANTS = ("project.grant.read", "project.grant.member.read", "user.read")
_GRANT_WRITES = (
    "project.grant.write",
    "project.grant.delete",
    "project.grant.member.write",
    "project.grant.member.delete",
)
_OF_ONE_PROJECT = {
    "PROJECT_OWNER": (*_GRANTS, *_GRANT_WRITES),
    "PROJECT_OWNER_VIEWER": _GRANTS,
}


@functools.cache
def permissions_of(role: str) -> frozenset[str]:
    """The permissions that a Manager role gives; none, if it is not known."""
    known: dict[str, list[str]] = _data()["permissions"]
    if role in _OF_ONE_PROJECT:
        return frozenset((*known[f"{role}_GLOBAL"], *_OF_ONE_PROJECT[role]))
    return frozenset(known.get(role, ()))


def roles_of_level(level: str) -> list[str]:
    """The Manager roles that can be given on a project, an organization or the instance (see LEVELS)."""
    roles: list[str] = _data()["levels"][level]
    return [*_OF_ONE_PROJECT, *roles] if level == "project" else roles


def roles_granting(permission: str) -> list[str]:
    """The Manager roles by which a caller gets `permission`, those of the narrowest level first."""
    roles = (role for level in LEVELS for role in roles_of_level(level))
    return [role for role in roles if permission in permissions_of(role)]


@functools.cache
def _data() -> Any:
    data = pkgutil.get_data("zitadel_grpc", "manager-roles.json")
    assert data is not None  # the package's loader reads files, or could not have loaded this
    return json.loads(data)
