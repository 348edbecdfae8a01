"""Memberships and permissions of the caller."""

from __future__ import annotations

import functools

from zitadel_grpc.api.auth.v1 import (
    ListMyMembershipsRequest,
    ListMyMembershipsResponse,
    ListMyZitadelPermissionsRequest,
    ListMyZitadelPermissionsResponse,
)
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.permissions import listed, memberships_in_reach, permissions_of_member
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.details import list_details
from zitadel_grpc.testing._services.messages.memberships import FILTERS, in_order, membership
from zitadel_grpc.testing._state.members import Level


@rpc
def ListMyMemberships(call: Call, request: ListMyMembershipsRequest) -> ListMyMembershipsResponse:
    members = in_order(call.store.memberships(call.user_id))
    rows = FILTERS.select(members, request.queries)
    return ListMyMembershipsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(membership, call.store), page_of(rows, request.query)),
    )


@rpc
def ListMyZitadelPermissions(
    call: Call, request: ListMyZitadelPermissionsRequest
) -> ListMyZitadelPermissionsResponse:
    """Permissions on a project end with its id."""
    permissions: set[str] = set()
    for member in memberships_in_reach(call.store, call.known_caller, call.organization_id):
        suffix = f":{member.resource_id}" if member.level is Level.PROJECT else ""
        permissions |= {permission + suffix for permission in permissions_of_member(member)}
    return ListMyZitadelPermissionsResponse(result=listed(permissions))
