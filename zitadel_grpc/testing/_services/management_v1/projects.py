"""Projects."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddProjectRequest,
    AddProjectResponse,
    DeactivateProjectRequest,
    DeactivateProjectResponse,
    GetProjectByIDRequest,
    GetProjectByIDResponse,
    ListProjectsRequest,
    ListProjectsResponse,
    ReactivateProjectRequest,
    ReactivateProjectResponse,
    RemoveProjectRequest,
    RemoveProjectResponse,
    UpdateProjectRequest,
    UpdateProjectResponse,
)
from zitadel_grpc.testing._rpc.lists import Filters, page_of, text
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import project_of
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.projects import project_message
from zitadel_grpc.testing._services.projects import (
    activate_project,
    add_project,
    check_project_name,
    deactivate_project,
)
from zitadel_grpc.testing._state.projects import Project

_FILTERS: Filters[Project] = Filters(
    {
        "name_query": text(lambda project: project.name),
        "project_resource_owner_query": text(lambda project: project.details.resource_owner),
    }
)


@rpc
def GetProjectByID(call: Call, request: GetProjectByIDRequest) -> GetProjectByIDResponse:
    return GetProjectByIDResponse(project=project_message(project_of(call, request.id, "QUERY-fk2fs")))


@rpc
def ListProjects(call: Call, request: ListProjectsRequest) -> ListProjectsResponse:
    rows = _FILTERS.select(_projects(call), request.queries)
    return ListProjectsResponse(
        details=list_details(call.store, len(rows)), result=map(project_message, page_of(rows, request.query))
    )


@rpc
def AddProject(call: Call, request: AddProjectRequest) -> AddProjectResponse:
    project = add_project(call, request.name, owner=call.organization_id)
    _apply(project, request)
    return AddProjectResponse(id=project.id, details=added(project.details))


@rpc
def UpdateProject(call: Call, request: UpdateProjectRequest) -> UpdateProjectResponse:
    project = project_of(call, request.id, "COMMAND-4M9sd")
    check_project_name(call, request.name, owner=call.organization_id, project=project)
    project.name = request.name
    _apply(project, request)
    return UpdateProjectResponse(details=changed(call.store.touch(project.details)))


@rpc
def DeactivateProject(call: Call, request: DeactivateProjectRequest) -> DeactivateProjectResponse:
    project = project_of(call, request.id, "COMMAND-112M9")
    deactivate_project(call, project)
    return DeactivateProjectResponse(details=changed(project.details))


@rpc
def ReactivateProject(call: Call, request: ReactivateProjectRequest) -> ReactivateProjectResponse:
    project = project_of(call, request.id, "COMMAND-3M9sd")
    activate_project(call, project)
    return ReactivateProjectResponse(details=changed(project.details))


@rpc
def RemoveProject(call: Call, request: RemoveProjectRequest) -> RemoveProjectResponse:
    project = project_of(call, request.id, "COMMAND-3M9sd")
    call.store.remove_project(project.id)
    return RemoveProjectResponse(details=changed(call.store.touch(project.details)))


def _projects(call: Call) -> list[Project]:
    projects = call.store.projects.values()
    return [project for project in projects if project.details.resource_owner == call.organization_id]


def _apply(project: Project, request: AddProjectRequest | UpdateProjectRequest) -> None:
    project.role_assertion = request.project_role_assertion
    project.role_check = request.project_role_check
    project.has_project_check = request.has_project_check
    project.private_labeling = request.private_labeling_setting
