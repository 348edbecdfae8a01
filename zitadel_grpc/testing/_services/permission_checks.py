"""Permission checks of RPCs that are marked `authenticated`, in the resource's organization."""

from __future__ import annotations

import functools
from collections.abc import Callable

from zitadel_grpc.testing._rpc.permissions import memberships_in_reach, permissions_of_member
from zitadel_grpc.testing._rpc.refusals import Refusal, not_found, permission_denied
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.members import Level
from zitadel_grpc.testing._state.users import User


def check(call: Call, permission: str, *, owner: str, resource_id: str = "") -> None:
    """Raises Refusal if the caller lacks the permission. Roles on a project apply if it is the resource."""
    if call.caller is None or call.caller.is_system_user:
        return
    members = memberships_in_reach(call.zitadel.projected.store, call.caller, owner)
    if not any(member.roles for member in members):
        raise not_found("membership not found", "AUTHZ-cdgFk")
    granting = [member for member in members if permission in permissions_of_member(member)]
    if not granting:
        raise permission_denied("No matching permissions found", "AUTH-AWfge")
    if all(member.level is Level.PROJECT and member.resource_id != resource_id for member in granting):
        raise permission_denied("No matching permissions found", "AUTH-Swrgg2")


def may(call: Call, permission: str, *, owner: str, resource_id: str = "") -> bool:
    """Whether `check` does not raise."""
    try:
        check(call, permission, owner=owner, resource_id=resource_id)
    except Refusal:
        return False
    return True


def check_user(call: Call, permission: str, user: User, *, allow_self: bool = False) -> None:
    """Checks a permission on a user. `allow_self` lets users act on themselves."""
    if not (allow_self and call.user_id == user.id):
        check(call, permission, owner=user.details.resource_owner, resource_id=user.id)


def visible_to(call: Call) -> Callable[[User], bool]:
    """Returns a predicate: whether a user is the caller, or the caller may read users of its organization."""
    may_read = functools.cache(lambda owner: may(call, "user.read", owner=owner))
    return lambda user: call.user_id == user.id or may_read(user.details.resource_owner)
