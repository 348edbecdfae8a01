"""Manager roles on an organization."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddOrgMemberRequest,
    AddOrgMemberResponse,
    ListOrgMemberRolesRequest,
    ListOrgMemberRolesResponse,
    ListOrgMembersRequest,
    ListOrgMembersResponse,
    RemoveOrgMemberRequest,
    RemoveOrgMemberResponse,
    UpdateOrgMemberRequest,
    UpdateOrgMemberResponse,
)
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.permissions import roles_of_level
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.members import ORGANIZATION_MEMBERS
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.members import FILTERS, member_message
from zitadel_grpc.testing._state.members import Level


@rpc
def ListOrgMemberRoles(call: Call, request: ListOrgMemberRolesRequest) -> ListOrgMemberRolesResponse:
    return ListOrgMemberRolesResponse(result=roles_of_level(Level.ORGANIZATION))


@rpc
def ListOrgMembers(call: Call, request: ListOrgMembersRequest) -> ListOrgMembersResponse:
    rows = FILTERS.select(call.store.members_of(Level.ORGANIZATION, call.organization_id), request.queries)
    return ListOrgMembersResponse(
        details=list_details(call.store, len(rows)), result=map(member_message, page_of(rows, request.query))
    )


@rpc
def AddOrgMember(call: Call, request: AddOrgMemberRequest) -> AddOrgMemberResponse:
    organization_id = call.organization_id
    member = ORGANIZATION_MEMBERS.add(
        call, organization_id, request.user_id, request.roles, owner=organization_id
    )
    return AddOrgMemberResponse(details=added(member.details))


@rpc
def UpdateOrgMember(call: Call, request: UpdateOrgMemberRequest) -> UpdateOrgMemberResponse:
    member = ORGANIZATION_MEMBERS.update(call, call.organization_id, request.user_id, request.roles)
    return UpdateOrgMemberResponse(details=changed(member.details))


@rpc
def RemoveOrgMember(call: Call, request: RemoveOrgMemberRequest) -> RemoveOrgMemberResponse:
    member = ORGANIZATION_MEMBERS.remove(call, call.organization_id, request.user_id)
    return RemoveOrgMemberResponse(details=changed(member.details) if member else None)
