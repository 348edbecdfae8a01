"""Projects, owned and granted."""

from __future__ import annotations

from zitadel_grpc.api.filter.v2beta import PaginationResponse
from zitadel_grpc.api.project.v2beta import (
    ActivateProjectRequest,
    ActivateProjectResponse,
    CreateProjectRequest,
    CreateProjectResponse,
    DeactivateProjectRequest,
    DeactivateProjectResponse,
    DeleteProjectRequest,
    DeleteProjectResponse,
    GetProjectRequest,
    GetProjectResponse,
    GrantedProjectState,
    ListProjectsRequest,
    ListProjectsResponse,
    PrivateLabelingSetting,
    ProjectState,
    UpdateProjectRequest,
    UpdateProjectResponse,
)
from zitadel_grpc.api.project.v2beta import Project as Message
from zitadel_grpc.testing._rpc.lists import Filters, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import already_exists
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups_v2 import check_organization, project_of
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check, may
from zitadel_grpc.testing._services.projects import (
    activate_project,
    add_project,
    check_project_name,
    deactivate_project,
)
from zitadel_grpc.testing._services.removals import earlier_removal, note_removal
from zitadel_grpc.testing._state.projects import Project, ProjectGrant
from zitadel_grpc.testing._state.store import Store

_Row = tuple[Project, ProjectGrant | None]
"""An owned project, or a project granted to another organization."""

_FILTERS: Filters[_Row] = Filters(
    {
        "project_name_filter": text(lambda row: row[0].name),
        "in_project_ids_filter": lambda query: lambda row: row[0].id in query.ids,
        "project_resource_owner_filter": text(lambda row: row[0].details.resource_owner),
        "project_grant_resource_owner_filter": text(
            lambda row: row[1].granted_organization_id if row[1] else ""
        ),
        "project_organization_id_filter": text(lambda row: _organization(row)),
    }
)
# Indexed by ProjectFieldName.
_ORDERS = (
    lambda row: row[0].details.creation_date,
    lambda row: row[0].id,
    lambda row: row[0].details.creation_date,
    lambda row: row[0].details.change_date,
    lambda row: row[0].name.lower(),
)


@rpc
def GetProject(call: Call, request: GetProjectRequest) -> GetProjectResponse:
    project = project_of(call, request.id, "QUERY-fk2fs")
    check(call, "project.read", owner=project.details.resource_owner, resource_id=project.id)
    return GetProjectResponse(project=_message(call.store, (project, None)))


@rpc
def ListProjects(call: Call, request: ListProjectsRequest) -> ListProjectsResponse:
    store = call.store
    owned = [(project, None) for project in store.projects.values()]
    granted = [(store.projects[grant.project_id], grant) for grant in store.project_grants.values()]
    seen = (row for row in (*owned, *granted) if _may_see(call, row))
    rows = _FILTERS.select(seen, request.filters)
    page = limited(request.pagination)
    return ListProjectsResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        projects=[
            _message(store, row)
            for row in page_of(rows, page, order=order_by(_ORDERS, request.sorting_column))
        ],
    )


@rpc
def CreateProject(call: Call, request: CreateProjectRequest) -> CreateProjectResponse:
    if request.id in call.store.projects:
        raise already_exists("Errors.Project.AlreadyExisting", "COMMAND-opamwu")
    check(call, "project.create", owner=request.organization_id)
    check_organization(call, request.organization_id)
    project = add_project(call, request.name, owner=request.organization_id, project_id=request.id)
    project.role_assertion = request.project_role_assertion
    project.role_check = request.authorization_required
    project.has_project_check = request.project_access_required
    project.private_labeling = request.private_labeling_setting
    return CreateProjectResponse(id=project.id, creation_date=timestamp(project.details.creation_date))


@rpc
def UpdateProject(call: Call, request: UpdateProjectRequest) -> UpdateProjectResponse:
    """Changes only the fields that the request sets."""
    project = _writable(call, request.id, "COMMAND-3M9sd")
    if request.HasField("name"):
        check_project_name(call, request.name, owner=project.details.resource_owner, project=project)
        project.name = request.name
    if request.HasField("project_role_assertion"):
        project.role_assertion = request.project_role_assertion
    if request.HasField("project_role_check"):
        project.role_check = request.project_role_check
    if request.HasField("has_project_check"):
        project.has_project_check = request.has_project_check
    if request.HasField("private_labeling_setting"):
        project.private_labeling = request.private_labeling_setting
    return UpdateProjectResponse(change_date=timestamp(call.store.touch(project.details).change_date))


@rpc
def DeleteProject(call: Call, request: DeleteProjectRequest) -> DeleteProjectResponse:
    """Deleting one that does not exist is not an error."""
    if (project := call.store.projects.get(request.id)) is None:
        return DeleteProjectResponse(deletion_date=earlier_removal(call, request.id))
    check(call, "project.delete", owner=project.details.resource_owner, resource_id=project.id)
    call.store.remove_project(project.id)
    return DeleteProjectResponse(deletion_date=note_removal(call, project.id))


@rpc
def DeactivateProject(call: Call, request: DeactivateProjectRequest) -> DeactivateProjectResponse:
    project = _writable(call, request.id, "COMMAND-112M9")
    deactivate_project(call, project)
    return DeactivateProjectResponse(change_date=timestamp(project.details.change_date))


@rpc
def ActivateProject(call: Call, request: ActivateProjectRequest) -> ActivateProjectResponse:
    project = _writable(call, request.id, "COMMAND-3M9sd")
    activate_project(call, project)
    return ActivateProjectResponse(change_date=timestamp(project.details.change_date))


def _writable(call: Call, project_id: str, error_id: str) -> Project:
    project = project_of(call, project_id, error_id)
    check(call, "project.write", owner=project.details.resource_owner, resource_id=project.id)
    return project


def _organization(row: _Row) -> str:
    """The organization that owns the project or received the grant."""
    project, grant = row
    return grant.granted_organization_id if grant else project.details.resource_owner


def _may_see(call: Call, row: _Row) -> bool:
    return may(call, "project.read", owner=_organization(row), resource_id=row[0].id)


def _message(store: Store, row: _Row) -> Message:
    project, grant = row
    message = Message(
        id=project.id,
        organization_id=project.details.resource_owner,
        creation_date=timestamp(project.details.creation_date),
        change_date=timestamp(project.details.change_date),
        name=project.name,
        state=ProjectState.ValueType(project.state),
        project_role_assertion=project.role_assertion,
        authorization_required=project.role_check,
        project_access_required=project.has_project_check,
        private_labeling_setting=PrivateLabelingSetting.ValueType(project.private_labeling),
    )
    if grant:
        message.granted_organization_id = grant.granted_organization_id
        message.granted_organization_name = store.organizations[grant.granted_organization_id].name
        message.granted_state = GrantedProjectState.ValueType(grant.state)
    return message
