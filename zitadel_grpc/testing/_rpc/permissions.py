"""Checks the permissions that Manager roles grant."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection
from importlib import resources

from google.protobuf.message import Message

from zitadel_grpc import roles
from zitadel_grpc.roles import permissions_of
from zitadel_grpc.testing._rpc.authentication import Caller
from zitadel_grpc.testing._rpc.refusals import Refusal, not_found, permission_denied
from zitadel_grpc.testing._state.members import Level, Member
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._wire.messages import Request

AUTHENTICATED = "authenticated"
"""In place of a permission: every valid token is accepted, and the RPC does any further checks itself."""


def roles_of_level(level: Level) -> Collection[str]:
    """The Manager roles that can be granted on this level."""
    by_level = {
        Level.INSTANCE: roles.INSTANCE,
        Level.ORGANIZATION: roles.ORGANIZATION,
        Level.PROJECT: roles.PROJECT,
    }
    return by_level[level]


def listed(permissions: Collection[str]) -> list[str]:
    """Sorts permissions as ZITADEL does; those not seen in its lists come last."""
    seen = _order()
    return [*(each for each in seen if each in permissions), *sorted({*permissions} - {*seen})]


@functools.cache
def _order() -> list[str]:
    seen: list[str] = json.loads(
        resources.files("zitadel_grpc.testing").joinpath("permission-order.json").read_bytes()
    )
    return seen


def organization_of(store: Store, caller: Caller, request: Request) -> str:
    """The organization of a call: x-zitadel-orgid or, without it, the caller's. Raises Refusal."""
    if not (asked := request.header("x-zitadel-orgid")):
        return caller.resource_owner
    if asked not in store.organizations:
        raise permission_denied("Organisation doesn't exist", "AUTH-Bs7Ds")
    return asked


def require(
    store: Store, caller: Caller, organization_id: str, permission: str, request: Message | None
) -> None:
    """Raises Refusal if the caller's roles on the instance and in the organization do not grant `permission`.

    Roles on a project apply in its organization. If `request` names a project, only roles on it apply.
    """
    if caller.is_system_user:
        return
    members = memberships_in_reach(store, caller, organization_id)
    if not any(member.roles for member in members):
        raise not_found("membership not found", "AUTHZ-cdgFk")
    granting = [member for member in members if permission in permissions_of_member(member)]
    if not granting:
        raise permission_denied("No matching permissions found", "AUTH-5mWD2")
    project_id = _project_named_by(request)
    if project_id and all(m.level is Level.PROJECT and m.resource_id != project_id for m in granting):
        raise permission_denied("No matching permissions found", "AUTH-3jknH")


def may(store: Store, caller: Caller, organization_id: str, permission: str) -> bool:
    """Whether `require` does not raise."""
    try:
        require(store, caller, organization_id, permission, None)
    except Refusal:
        return False
    return True


def memberships_in_reach(store: Store, caller: Caller, organization_id: str) -> list[Member]:
    """Memberships on the organization and its resources, then on the instance."""
    members = store.memberships(caller.user_id)
    owners = (organization_id, store.instance.id)
    in_reach = [member for member in members if member.details.resource_owner in owners]
    return sorted(in_reach, key=lambda member: member.level is Level.INSTANCE)


def permissions_of_member(member: Member) -> set[str]:
    return {permission for role in member.roles for permission in permissions_of(role)}


def _project_named_by(request: Message | None) -> str | None:
    if request is None:
        return None
    # GetProjectByIDRequest, UpdateProjectRequest and others name it `id`.
    name = "id" if "Project" in request.DESCRIPTOR.name else "project_id"
    for field in ("project_id", name):
        if field in request.DESCRIPTOR.fields_by_name:
            return str(getattr(request, field))
    return None
