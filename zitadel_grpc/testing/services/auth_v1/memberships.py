"""What the caller may do, and where."""

from __future__ import annotations

import functools

from zitadel_grpc.api.auth.v1 import (
    ListMyMembershipsRequest,
    ListMyMembershipsResponse,
    ListMyZitadelPermissionsRequest,
    ListMyZitadelPermissionsResponse,
)
from zitadel_grpc.api.user.v1 import Membership
from zitadel_grpc.testing.rpc.lists import Filters, page_of
from zitadel_grpc.testing.rpc.permissions import in_order, memberships_in_reach, permissions_of_member
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.messages.details import details_of, list_details
from zitadel_grpc.testing.state.members import Level, Member
from zitadel_grpc.testing.state.store import Store

_ORDER = (Level.ORGANIZATION, Level.INSTANCE, Level.PROJECT)
_FILTERS: Filters[Member] = Filters(
    {
        "org_query": lambda query: lambda member: member.resource_id == query.org_id,
        "project_query": lambda query: lambda member: member.resource_id == query.project_id,
        "iam_query": lambda query: lambda member: (member.level is Level.INSTANCE) == query.iam,
    }
)


@rpc
def ListMyMemberships(call: Call, request: ListMyMembershipsRequest) -> ListMyMembershipsResponse:
    members = sorted(call.store.memberships(call.user_id), key=lambda member: _ORDER.index(member.level))
    rows = _FILTERS.select(members, request.queries)
    return ListMyMembershipsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(_message, call.store), page_of(rows, request.query)),
    )


@rpc
def ListMyZitadelPermissions(
    call: Call, request: ListMyZitadelPermissionsRequest
) -> ListMyZitadelPermissionsResponse:
    """Those on a project end in its id."""
    permissions: set[str] = set()
    for member in memberships_in_reach(call.store, call.known_caller, call.organization_id):
        suffix = f":{member.resource_id}" if member.level is Level.PROJECT else ""
        permissions |= {permission + suffix for permission in permissions_of_member(member)}
    return ListMyZitadelPermissionsResponse(result=in_order(permissions))


def _message(store: Store, member: Member) -> Membership:
    message = Membership(user_id=member.user_id, details=details_of(member.details), roles=member.roles)
    match member.level:
        case Level.INSTANCE:
            message.iam = True
            message.display_name = store.instance.name
        case Level.ORGANIZATION:
            message.org_id = member.resource_id
            message.display_name = store.organizations[member.resource_id].name
        case Level.PROJECT:
            message.project_id = member.resource_id
            message.display_name = store.projects[member.resource_id].name
    return message
