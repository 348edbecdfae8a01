"""Roles of projects."""

from __future__ import annotations

from zitadel_grpc.api.filter.v2beta import PaginationResponse
from zitadel_grpc.api.project.v2beta import (
    AddProjectRoleRequest,
    AddProjectRoleResponse,
    ListProjectRolesRequest,
    ListProjectRolesResponse,
    ProjectRole,
    RemoveProjectRoleRequest,
    RemoveProjectRoleResponse,
    UpdateProjectRoleRequest,
    UpdateProjectRoleResponse,
)
from zitadel_grpc.testing._rpc.lists import Filters, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups_v2 import existing_project
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check, may
from zitadel_grpc.testing._services.projects import add_role, remove_role
from zitadel_grpc.testing._services.removals import earlier_removal, note_removal
from zitadel_grpc.testing._state.projects import Project, Role

_FILTERS: Filters[Role] = Filters(
    {
        "role_key_filter": text(lambda role: role.key),
        "display_name_filter": text(lambda role: role.display_name),
    }
)
# Indexed by ProjectRoleFieldName.
_ORDERS = (
    lambda role: role.details.creation_date,
    lambda role: role.key,
    lambda role: role.details.creation_date,
    lambda role: role.details.change_date,
)


@rpc
def ListProjectRoles(call: Call, request: ListProjectRolesRequest) -> ListProjectRolesResponse:
    project = call.store.projects.get(request.project_id)
    visible = project and may(
        call, "project.role.read", owner=project.details.resource_owner, resource_id=project.id
    )
    rows = _FILTERS.select(project.roles.values() if project and visible else (), request.filters)
    page = limited(request.pagination)
    return ListProjectRolesResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        project_roles=[
            _message(request.project_id, role)
            for role in page_of(rows, page, order=order_by(_ORDERS, request.sorting_column))
        ],
    )


@rpc
def AddProjectRole(call: Call, request: AddProjectRoleRequest) -> AddProjectRoleResponse:
    project = _writable(call, request.project_id)
    role = add_role(call, project, request.role_key, request.display_name, request.group)
    return AddProjectRoleResponse(creation_date=timestamp(role.details.creation_date))


@rpc
def UpdateProjectRole(call: Call, request: UpdateProjectRoleRequest) -> UpdateProjectRoleResponse:
    """Clears the fields that the request leaves out, as in ZITADEL."""
    project = _writable(call, request.project_id)
    if (role := project.roles.get(request.role_key)) is None:
        raise not_found("Role doesn't exist", "COMMAND-vv8M9")
    role.display_name, role.group = request.display_name, request.group
    return UpdateProjectRoleResponse(change_date=timestamp(call.store.touch(role.details).change_date))


@rpc
def RemoveProjectRole(call: Call, request: RemoveProjectRoleRequest) -> RemoveProjectRoleResponse:
    """Deleting one that does not exist is not an error."""
    project = call.store.projects.get(request.project_id)
    removal_id = f"{request.project_id}/{request.role_key}"
    if project is None or request.role_key not in project.roles:
        return RemoveProjectRoleResponse(removal_date=earlier_removal(call, removal_id))
    check(call, "project.role.delete", owner=project.details.resource_owner, resource_id=project.id)
    remove_role(call, project, request.role_key)
    return RemoveProjectRoleResponse(removal_date=note_removal(call, removal_id))


def _writable(call: Call, project_id: str) -> Project:
    project = existing_project(call, project_id)
    check(call, "project.role.write", owner=project.details.resource_owner, resource_id=project.id)
    return project


def _message(project_id: str, role: Role) -> ProjectRole:
    return ProjectRole(
        project_id=project_id,
        key=role.key,
        creation_date=timestamp(role.details.creation_date),
        change_date=timestamp(role.details.change_date),
        display_name=role.display_name,
        group=role.group,
    )
