"""The Manager roles of a user."""

from __future__ import annotations

import functools

from zitadel_grpc.api.management.v1 import ListUserMembershipsRequest, ListUserMembershipsResponse
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.details import list_details
from zitadel_grpc.testing._services.messages.memberships import FILTERS, in_order, membership


@rpc
def ListUserMemberships(call: Call, request: ListUserMembershipsRequest) -> ListUserMembershipsResponse:
    """Lists memberships on the instance and in the organization of the call."""
    owners = (call.store.instance.id, call.organization_id)
    members = call.store.memberships(request.user_id)
    seen = in_order(member for member in members if member.details.resource_owner in owners)
    rows = FILTERS.select(seen, request.queries)
    return ListUserMembershipsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(membership, call.store), page_of(rows, request.query)),
    )
