"""What a caller may do: Manager roles, their levels, and the permissions that each was seen to give."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection
from importlib import resources

from zitadel_grpc.testing.rpc.authentication import Caller
from zitadel_grpc.testing.rpc.refusals import not_found, permission_denied
from zitadel_grpc.testing.state.members import Level
from zitadel_grpc.testing.state.store import Store
from zitadel_grpc.testing.wire.messages import Request

AUTHENTICATED = "authenticated"
"""In place of a permission: anyone with a good token; what more is needed, the RPC checks itself."""


def permissions_of(role: str) -> Collection[str]:
    """The permissions that a Manager role gives."""
    return _observed()["permissions"].get(role, ())


def roles_of_level(level: Level) -> Collection[str]:
    """The Manager roles that can be given there."""
    return _observed()["levels"][level.name.lower()]


@functools.cache
def _observed() -> dict[str, dict[str, list[str]]]:
    observed: dict[str, dict[str, list[str]]] = json.loads(
        resources.files("zitadel_grpc.testing").joinpath("manager-roles.json").read_bytes()
    )
    return observed


def organization_of(store: Store, caller: Caller, request: Request) -> str:
    """The organization that a call is about: x-zitadel-orgid, or else the caller's own. Raises Refusal."""
    if not (asked := request.header("x-zitadel-orgid")):
        return caller.resource_owner
    if asked not in store.organizations:
        raise permission_denied("Organisation doesn't exist", "AUTH-Bs7Ds")
    return asked


def require(store: Store, caller: Caller, organization_id: str, permission: str) -> None:
    """Raises Refusal if the caller's roles, on the instance and in the organization, lack `permission`."""
    if caller.is_system_user:
        return
    resources_in_reach = {
        (Level.INSTANCE, store.instance.id),
        (Level.ORGANIZATION, organization_id),
    }
    roles = [
        role
        for member in store.memberships(caller.user_id)
        if (member.level, member.resource_id) in resources_in_reach
        for role in member.roles
    ]
    if not roles:
        raise not_found("membership not found", "AUTHZ-cdgFk")
    if not any(permission in permissions_of(role) for role in roles):
        raise permission_denied("No matching permissions found", "AUTH-5mWD2")
