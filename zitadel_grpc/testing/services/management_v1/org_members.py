"""Manager roles on an organization."""

from __future__ import annotations

from collections.abc import Iterable

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
from zitadel_grpc.testing.rpc.lists import page_of
from zitadel_grpc.testing.rpc.permissions import roles_of_level
from zitadel_grpc.testing.rpc.refusals import already_exists, failed_precondition, invalid_argument, not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.lookups import existing_user
from zitadel_grpc.testing.services.messages.details import added, changed, list_details
from zitadel_grpc.testing.services.messages.members import FILTERS, member_message
from zitadel_grpc.testing.state.members import Level, Member


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
    _check_roles(request.roles, "Org-4N8es")
    existing_user(call, request.user_id, "ORG-GoXOn")
    if _find(call, request.user_id):
        raise already_exists("Errors.Org.Member.AlreadyExists", "ORG-poWwe")
    owner = call.organization_id
    member = call.store.set_member(
        Level.ORGANIZATION, owner, request.user_id, list(request.roles), owner=owner
    )
    return AddOrgMemberResponse(details=added(member.details))


@rpc
def UpdateOrgMember(call: Call, request: UpdateOrgMemberRequest) -> UpdateOrgMemberResponse:
    _check_roles(request.roles, "IAM-m9fG8")
    if (member := _find(call, request.user_id)) is None:
        raise not_found("Errors.NotFound", "Org-D8JxR")
    if member.roles == list(request.roles):
        raise failed_precondition("Errors.Org.Member.RolesNotChanged", "Org-LiaZi")
    member.roles = list(request.roles)
    return UpdateOrgMemberResponse(details=changed(call.store.touch(member.details)))


@rpc
def RemoveOrgMember(call: Call, request: RemoveOrgMemberRequest) -> RemoveOrgMemberResponse:
    """One that is none is removed without a word."""
    if (member := _find(call, request.user_id)) is None:
        return RemoveOrgMemberResponse()
    del call.store.members[Level.ORGANIZATION, call.organization_id, request.user_id]
    return RemoveOrgMemberResponse(details=changed(call.store.touch(member.details)))


def _find(call: Call, user_id: str) -> Member | None:
    return call.store.members.get((Level.ORGANIZATION, call.organization_id, user_id))


def _check_roles(roles: Iterable[str], error_id: str) -> None:
    if not set(roles) <= set(roles_of_level(Level.ORGANIZATION)):
        raise invalid_argument("Errors.Org.MemberInvalid", error_id)
