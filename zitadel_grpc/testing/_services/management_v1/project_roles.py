"""Roles of projects."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddProjectRoleRequest,
    AddProjectRoleResponse,
    BulkAddProjectRolesRequest,
    BulkAddProjectRolesResponse,
    ListProjectRolesRequest,
    ListProjectRolesResponse,
    RemoveProjectRoleRequest,
    RemoveProjectRoleResponse,
    UpdateProjectRoleRequest,
    UpdateProjectRoleResponse,
)
from zitadel_grpc.api.v1 import ObjectDetails
from zitadel_grpc.testing._rpc.lists import Filters, page_of, text
from zitadel_grpc.testing._rpc.refusals import already_exists, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import own_project, project_of
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.projects import role_message
from zitadel_grpc.testing._services.projects import add_role, remove_role
from zitadel_grpc.testing._state.projects import Role

_FILTERS: Filters[Role] = Filters(
    {
        "key_query": text(lambda role: role.key),
        "display_name_query": text(lambda role: role.display_name),
    }
)


@rpc
def ListProjectRoles(call: Call, request: ListProjectRolesRequest) -> ListProjectRolesResponse:
    project = project_of(call, request.project_id, "QUERY-fk2fs")
    rows = _FILTERS.select(project.roles.values(), request.queries)
    return ListProjectRolesResponse(
        details=list_details(call.store, len(rows)), result=map(role_message, page_of(rows, request.query))
    )


@rpc
def AddProjectRole(call: Call, request: AddProjectRoleRequest) -> AddProjectRoleResponse:
    project = own_project(call, request.project_id)
    role = add_role(call, project, request.role_key, request.display_name, request.group)
    return AddProjectRoleResponse(details=added(role.details))


@rpc
def BulkAddProjectRoles(call: Call, request: BulkAddProjectRolesRequest) -> BulkAddProjectRolesResponse:
    """Adds all roles or none. ZITADEL's response contains the owner only."""
    project = own_project(call, request.project_id)
    if any(role.key in project.roles for role in request.roles):
        raise already_exists("Role already exists", "V3-DKcYh")
    for role in request.roles:
        add_role(call, project, role.key, role.display_name, role.group)
    return BulkAddProjectRolesResponse(details=ObjectDetails(resource_owner=project.details.resource_owner))


@rpc
def UpdateProjectRole(call: Call, request: UpdateProjectRoleRequest) -> UpdateProjectRoleResponse:
    project = own_project(call, request.project_id)
    if (role := project.roles.get(request.role_key)) is None:
        raise not_found("Role not found", "COMMAND-vv8M9")
    role.display_name, role.group = request.display_name, request.group
    return UpdateProjectRoleResponse(details=changed(call.store.touch(role.details)))


@rpc
def RemoveProjectRole(call: Call, request: RemoveProjectRoleRequest) -> RemoveProjectRoleResponse:
    """Removes the role from all grants too. Removing an unknown role is not an error."""
    project = own_project(call, request.project_id)
    if (role := project.roles.get(request.role_key)) is None:
        return RemoveProjectRoleResponse(details=changed(project.details))
    remove_role(call, project, role.key)
    return RemoveProjectRoleResponse(details=changed(call.store.touch(role.details)))
