"""Manager roles on a project."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddProjectMemberRequest,
    AddProjectMemberResponse,
    ListProjectMemberRolesRequest,
    ListProjectMemberRolesResponse,
    ListProjectMembersRequest,
    ListProjectMembersResponse,
    RemoveProjectMemberRequest,
    RemoveProjectMemberResponse,
    UpdateProjectMemberRequest,
    UpdateProjectMemberResponse,
)
from zitadel_grpc.testing.rpc.lists import page_of
from zitadel_grpc.testing.rpc.permissions import roles_of_level
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.lookups import project_of
from zitadel_grpc.testing.services.members import Error, Errors, Members
from zitadel_grpc.testing.services.messages.details import added, changed, list_details
from zitadel_grpc.testing.services.messages.members import FILTERS, member_message
from zitadel_grpc.testing.state.members import Level

_MEMBERS = Members(
    Level.PROJECT,
    Errors(
        invalid=Error("Errors.Project.Member.Invalid", "PROJECT-m9fG8"),
        exists=Error("Project member already exists", "PROJECT-PtXi1"),
        missing=Error("Errors.NotFound", "PROJECT-D8JxR"),
        unchanged=Error("Errors.Project.Member.RolesNotChanged", "PROJECT-LiaZi"),
        no_user="PROJECT-Sdgt2",
    ),
)


@rpc
def ListProjectMemberRoles(
    call: Call, request: ListProjectMemberRolesRequest
) -> ListProjectMemberRolesResponse:
    return ListProjectMemberRolesResponse(result=roles_of_level(Level.PROJECT))


@rpc
def ListProjectMembers(call: Call, request: ListProjectMembersRequest) -> ListProjectMembersResponse:
    project = project_of(call, request.project_id, "QUERY-fk2fs")
    rows = FILTERS.select(call.store.members_of(Level.PROJECT, project.id), request.queries)
    return ListProjectMembersResponse(
        details=list_details(call.store, len(rows)), result=map(member_message, page_of(rows, request.query))
    )


@rpc
def AddProjectMember(call: Call, request: AddProjectMemberRequest) -> AddProjectMemberResponse:
    project = project_of(call, request.project_id, "PROJECT-w8Mu0")
    owner = project.details.resource_owner
    member = _MEMBERS.add(call, project.id, request.user_id, request.roles, owner=owner)
    return AddProjectMemberResponse(details=added(member.details))


@rpc
def UpdateProjectMember(call: Call, request: UpdateProjectMemberRequest) -> UpdateProjectMemberResponse:
    member = _MEMBERS.update(call, request.project_id, request.user_id, request.roles)
    return UpdateProjectMemberResponse(details=changed(member.details))


@rpc
def RemoveProjectMember(call: Call, request: RemoveProjectMemberRequest) -> RemoveProjectMemberResponse:
    member = _MEMBERS.remove(call, request.project_id, request.user_id)
    return RemoveProjectMemberResponse(details=changed(member.details) if member else None)
