"""Manager roles by level, and the permissions that they grant.

    from zitadel_grpc import roles

    roles.ORG_OWNER in roles.roles_granting("user.write")  # True

The permissions are those of ZITADEL's default configuration. A self-hosted ZITADEL can map roles to other
permissions.
"""

from __future__ import annotations

import functools
import json
import pkgutil

__all__ = [
    "IAM_ADMIN_IMPERSONATOR",
    "IAM_END_USER_IMPERSONATOR",
    "IAM_LOGIN_CLIENT",
    "IAM_ORG_MANAGER",
    "IAM_OWNER",
    "IAM_OWNER_VIEWER",
    "IAM_USER_MANAGER",
    "INSTANCE",
    "ORGANIZATION",
    "ORG_ADMIN_IMPERSONATOR",
    "ORG_END_USER_IMPERSONATOR",
    "ORG_OWNER",
    "ORG_OWNER_VIEWER",
    "ORG_PROJECT_CREATOR",
    "ORG_PROJECT_PERMISSION_EDITOR",
    "ORG_SETTINGS_MANAGER",
    "ORG_USER_MANAGER",
    "ORG_USER_PERMISSION_EDITOR",
    "ORG_USER_SELF_MANAGER",
    "PROJECT",
    "PROJECT_GRANT",
    "PROJECT_GRANT_OWNER",
    "PROJECT_GRANT_OWNER_VIEWER",
    "PROJECT_OWNER",
    "PROJECT_OWNER_GLOBAL",
    "PROJECT_OWNER_VIEWER",
    "PROJECT_OWNER_VIEWER_GLOBAL",
    "SELF_MANAGEMENT_GLOBAL",
    "permissions_of",
    "roles_granting",
]

IAM_OWNER = "IAM_OWNER"
"""Manages the instance and everything in its organizations."""
IAM_OWNER_VIEWER = "IAM_OWNER_VIEWER"
"""Reads the instance and everything in its organizations."""
IAM_ORG_MANAGER = "IAM_ORG_MANAGER"
"""Manages all organizations with their users, projects and settings."""
IAM_USER_MANAGER = "IAM_USER_MANAGER"
"""Manages the users of all organizations and their authorizations."""
IAM_ADMIN_IMPERSONATOR = "IAM_ADMIN_IMPERSONATOR"
"""Impersonates every user of the instance, including Managers."""
IAM_END_USER_IMPERSONATOR = "IAM_END_USER_IMPERSONATOR"
"""Impersonates the users of the instance that are not Managers."""
IAM_LOGIN_CLIENT = "IAM_LOGIN_CLIENT"
"""Runs a login: reads users and settings, and manages sessions."""
INSTANCE = (
    IAM_OWNER,
    IAM_OWNER_VIEWER,
    IAM_ORG_MANAGER,
    IAM_USER_MANAGER,
    IAM_ADMIN_IMPERSONATOR,
    IAM_END_USER_IMPERSONATOR,
    IAM_LOGIN_CLIENT,
)
"""The roles that can be granted on the instance."""

ORG_OWNER = "ORG_OWNER"
"""Manages everything in the organization."""
ORG_USER_MANAGER = "ORG_USER_MANAGER"
"""Manages the organization's users and their authorizations."""
ORG_OWNER_VIEWER = "ORG_OWNER_VIEWER"
"""Reads everything in the organization."""
ORG_SETTINGS_MANAGER = "ORG_SETTINGS_MANAGER"
"""Manages the organization's settings."""
ORG_USER_PERMISSION_EDITOR = "ORG_USER_PERMISSION_EDITOR"
"""Manages authorizations, and reads the resources needed for that."""
ORG_PROJECT_PERMISSION_EDITOR = "ORG_PROJECT_PERMISSION_EDITOR"
"""Grants projects to other organizations, and reads the resources needed for that."""
ORG_PROJECT_CREATOR = "ORG_PROJECT_CREATOR"
"""Creates projects, and manages the projects it created."""
ORG_ADMIN_IMPERSONATOR = "ORG_ADMIN_IMPERSONATOR"
"""Impersonates every user of the organization, including Managers."""
ORG_END_USER_IMPERSONATOR = "ORG_END_USER_IMPERSONATOR"
"""Impersonates the organization's users that are not Managers."""
ORG_USER_SELF_MANAGER = "ORG_USER_SELF_MANAGER"
"""Deletes its own user."""
SELF_MANAGEMENT_GLOBAL = "SELF_MANAGEMENT_GLOBAL"
"""Creates organizations, and deletes its own user."""
ORGANIZATION = (
    ORG_OWNER,
    ORG_USER_MANAGER,
    ORG_OWNER_VIEWER,
    ORG_SETTINGS_MANAGER,
    ORG_USER_PERMISSION_EDITOR,
    ORG_PROJECT_PERMISSION_EDITOR,
    ORG_PROJECT_CREATOR,
    ORG_ADMIN_IMPERSONATOR,
    ORG_END_USER_IMPERSONATOR,
    ORG_USER_SELF_MANAGER,
    SELF_MANAGEMENT_GLOBAL,
)
"""The roles that can be granted on an organization."""

PROJECT_OWNER = "PROJECT_OWNER"
"""Manages everything in the project, including its grants and authorizations."""
PROJECT_OWNER_VIEWER = "PROJECT_OWNER_VIEWER"
"""Reads everything in the project."""
PROJECT_OWNER_GLOBAL = "PROJECT_OWNER_GLOBAL"
"""PROJECT_OWNER in the global organization of early ZITADEL versions."""
PROJECT_OWNER_VIEWER_GLOBAL = "PROJECT_OWNER_VIEWER_GLOBAL"
"""PROJECT_OWNER_VIEWER in the global organization of early ZITADEL versions."""
PROJECT = (PROJECT_OWNER, PROJECT_OWNER_VIEWER, PROJECT_OWNER_GLOBAL, PROJECT_OWNER_VIEWER_GLOBAL)
"""The roles that can be granted on a project."""

PROJECT_GRANT_OWNER = "PROJECT_GRANT_OWNER"
"""Manages the Managers and authorizations of a granted project."""
PROJECT_GRANT_OWNER_VIEWER = "PROJECT_GRANT_OWNER_VIEWER"
"""Reads everything in a granted project."""
PROJECT_GRANT = (PROJECT_GRANT_OWNER, PROJECT_GRANT_OWNER_VIEWER)
"""The roles that can be granted on a project grant."""


def permissions_of(role: str) -> frozenset[str]:
    """Returns the permissions that a Manager role grants, such as `user.write`; empty for an unknown role."""
    return _permissions().get(role, frozenset())


def roles_granting(permission: str) -> list[str]:
    """Returns the Manager roles that grant a permission: those of projects, project grants, organizations and
    the instance, in this order. Empty for a permission of system users, such as `system.instance.read`."""
    roles = (*PROJECT, *PROJECT_GRANT, *ORGANIZATION, *INSTANCE)
    return [role for role in roles if permission in permissions_of(role)]


@functools.cache
def _permissions() -> dict[str, frozenset[str]]:
    # As listed by the API of a real server. It does not list project roles, whose permissions were observed
    # with members, nor project grant roles, whose permissions are those of ZITADEL's configuration.
    data = pkgutil.get_data("zitadel_grpc", "manager-roles.json")
    assert data is not None  # None is for loaders that cannot read files
    return {role: frozenset(permissions) for role, permissions in json.loads(data).items()}
