"""Manager roles on the instance."""

from __future__ import annotations

from zitadel_grpc.api.admin.v1 import (
    AddIAMMemberRequest,
    AddIAMMemberResponse,
    ListIAMMemberRolesRequest,
    ListIAMMemberRolesResponse,
    ListIAMMembersRequest,
    ListIAMMembersResponse,
    RemoveIAMMemberRequest,
    RemoveIAMMemberResponse,
    UpdateIAMMemberRequest,
    UpdateIAMMemberResponse,
)
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.permissions import roles_of_level
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.members import Error, Errors, Members
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.members import FILTERS, member_message
from zitadel_grpc.testing._state.members import Level

_MEMBERS = Members(
    Level.INSTANCE,
    Errors(
        invalid=Error("Errors.IAM.MemberInvalid", "INSTANCE-4m0fS"),
        invalid_update=Error("Errors.IAM.MemberInvalid", "INSTANCE-3m9fs"),
        exists=Error("Errors.Instance.Member.AlreadyExists", "INSTA-pFDwe"),
        missing=Error("Errors.NotFound", "INSTANCE-D8JxR"),
        no_user="INSTA-GSXOn",
    ),
)


@rpc
def ListIAMMemberRoles(call: Call, request: ListIAMMemberRolesRequest) -> ListIAMMemberRolesResponse:
    roles = roles_of_level(Level.INSTANCE)
    return ListIAMMemberRolesResponse(details=list_details(call.store, len(roles)), roles=roles)


@rpc
def ListIAMMembers(call: Call, request: ListIAMMembersRequest) -> ListIAMMembersResponse:
    rows = FILTERS.select(call.store.members_of(Level.INSTANCE, call.store.instance.id), request.queries)
    return ListIAMMembersResponse(
        details=list_details(call.store, len(rows)), result=map(member_message, page_of(rows, request.query))
    )


@rpc
def AddIAMMember(call: Call, request: AddIAMMemberRequest) -> AddIAMMemberResponse:
    instance_id = call.store.instance.id
    member = _MEMBERS.add(call, instance_id, request.user_id, request.roles, owner=instance_id)
    return AddIAMMemberResponse(details=added(member.details))


@rpc
def UpdateIAMMember(call: Call, request: UpdateIAMMemberRequest) -> UpdateIAMMemberResponse:
    member = _MEMBERS.update(call, call.store.instance.id, request.user_id, request.roles)
    return UpdateIAMMemberResponse(details=changed(member.details))


@rpc
def RemoveIAMMember(call: Call, request: RemoveIAMMemberRequest) -> RemoveIAMMemberResponse:
    member = _MEMBERS.remove(call, call.store.instance.id, request.user_id)
    return RemoveIAMMemberResponse(details=changed(member.details) if member else None)
