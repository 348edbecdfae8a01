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
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.permissions import roles_of_level
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import existing_user, is_own, own_project, project_of
from zitadel_grpc.testing._services.members import Error, Errors, Members
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.members import FILTERS, member_message
from zitadel_grpc.testing._state.members import Level

_MEMBERS = Members(
    Level.PROJECT,
    Errors(
        invalid=Error("Errors.Project.Member.Invalid", "PROJECT-3m9ds"),
        invalid_update=Error("Errors.Project.Member.Invalid", "PROJECT-3m9d"),
        exists=Error("Project member already exists", "PROJECT-PtXi1"),
        missing=Error("Errors.NotFound", "PROJECT-D8JxR"),
        no_user="COMMAND-uXHNj",
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
    _MEMBERS.checked(request.roles, _MEMBERS.errors.invalid)
    existing_user(call, request.user_id, _MEMBERS.errors.no_user)
    project = own_project(call, request.project_id)
    owner = project.details.resource_owner
    member = _MEMBERS.add(call, project.id, request.user_id, request.roles, owner=owner)
    return AddProjectMemberResponse(details=added(member.details))


@rpc
def UpdateProjectMember(call: Call, request: UpdateProjectMemberRequest) -> UpdateProjectMemberResponse:
    member = _MEMBERS.update(call, _own_id(call, request.project_id), request.user_id, request.roles)
    return UpdateProjectMemberResponse(details=changed(member.details))


@rpc
def RemoveProjectMember(call: Call, request: RemoveProjectMemberRequest) -> RemoveProjectMemberResponse:
    member = _MEMBERS.remove(call, _own_id(call, request.project_id), request.user_id)
    return RemoveProjectMemberResponse(details=changed(member.details) if member else None)


def _own_id(call: Call, project_id: str) -> str:
    """Returns the project's id, or an empty one for a project of another organization."""
    project = call.store.projects.get(project_id)
    return project_id if project and is_own(call, project.details) else ""
