"""Projects granted to other organizations."""

from __future__ import annotations

import functools

from zitadel_grpc.api.management.v1 import (
    AddProjectGrantRequest,
    AddProjectGrantResponse,
    GetProjectGrantByIDRequest,
    GetProjectGrantByIDResponse,
    ListGrantedProjectsRequest,
    ListGrantedProjectsResponse,
    ListProjectGrantsRequest,
    ListProjectGrantsResponse,
    RemoveProjectGrantRequest,
    RemoveProjectGrantResponse,
    UpdateProjectGrantRequest,
    UpdateProjectGrantResponse,
)
from zitadel_grpc.testing.rpc.lists import Filters, page_of, text
from zitadel_grpc.testing.rpc.refusals import already_exists, failed_precondition, not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.lookups import project_of
from zitadel_grpc.testing.services.messages.details import added, changed, list_details
from zitadel_grpc.testing.services.messages.projects import granted_project
from zitadel_grpc.testing.state.projects import Project, ProjectGrant
from zitadel_grpc.testing.state.store import Store


def _filters(store: Store) -> Filters[ProjectGrant]:
    return Filters(
        {
            "name_query": text(lambda grant: store.projects[grant.project_id].name),
            "project_name_query": text(lambda grant: store.projects[grant.project_id].name),
            "project_resource_owner_query": text(
                lambda grant: store.projects[grant.project_id].details.resource_owner
            ),
        }
    )


@rpc
def GetProjectGrantByID(call: Call, request: GetProjectGrantByIDRequest) -> GetProjectGrantByIDResponse:
    grant = _find(call, request.project_id, request.grant_id, "QUERY-n98GF")
    return GetProjectGrantByIDResponse(project_grant=granted_project(call.store, grant))


@rpc
def ListProjectGrants(call: Call, request: ListProjectGrantsRequest) -> ListProjectGrantsResponse:
    project = project_of(call, request.project_id, "QUERY-fk2fs")
    of_project = (grant for grant in call.store.project_grants.values() if grant.project_id == project.id)
    rows = _filters(call.store).select(of_project, request.queries)
    return ListProjectGrantsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(granted_project, call.store), page_of(rows, request.query)),
    )


@rpc
def ListGrantedProjects(call: Call, request: ListGrantedProjectsRequest) -> ListGrantedProjectsResponse:
    """What other organizations granted to this one."""
    grants = call.store.project_grants.values()
    to_this = (grant for grant in grants if grant.granted_organization_id == call.organization_id)
    rows = _filters(call.store).select(to_this, request.queries)
    return ListGrantedProjectsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(granted_project, call.store), page_of(rows, request.query)),
    )


@rpc
def AddProjectGrant(call: Call, request: AddProjectGrantRequest) -> AddProjectGrantResponse:
    project = project_of(call, request.project_id, "PROJECT-3M9ds")
    if request.granted_org_id not in call.store.organizations:
        raise failed_precondition("Errors.Org.NotFound", "COMMAND-3m9gg")
    _check_roles(project, list(request.role_keys), "COMMAND-6m9gd")
    if any(
        (grant.project_id, grant.granted_organization_id) == (project.id, request.granted_org_id)
        for grant in call.store.project_grants.values()
    ):
        raise already_exists("Project Grant already exists", "V3-DKcYh")
    details = call.store.new_details(project.details.resource_owner)
    grant = ProjectGrant(
        call.store.new_id(), project.id, details, request.granted_org_id, list(request.role_keys)
    )
    call.store.project_grants[grant.id] = grant
    return AddProjectGrantResponse(grant_id=grant.id, details=added(details))


@rpc
def UpdateProjectGrant(call: Call, request: UpdateProjectGrantRequest) -> UpdateProjectGrantResponse:
    grant = _find(call, request.project_id, request.grant_id, "PROJECT-M9s8m")
    _check_roles(call.store.projects[grant.project_id], list(request.role_keys), "COMMAND-6m9gd")
    grant.role_keys = list(request.role_keys)
    return UpdateProjectGrantResponse(details=changed(call.store.touch(grant.details)))


@rpc
def RemoveProjectGrant(call: Call, request: RemoveProjectGrantRequest) -> RemoveProjectGrantResponse:
    grant = _find(call, request.project_id, request.grant_id, "PROJECT-D8JxR")
    call.store.remove_project_grant(grant.id)
    return RemoveProjectGrantResponse(details=changed(call.store.touch(grant.details)))


def _find(call: Call, project_id: str, grant_id: str, error_id: str) -> ProjectGrant:
    grant = call.store.project_grants.get(grant_id)
    if grant is None or grant.project_id != project_id:
        raise not_found("Project grant not found", error_id)
    return grant


def _check_roles(project: Project, role_keys: list[str], error_id: str) -> None:
    if not set(role_keys) <= project.roles.keys():
        raise failed_precondition("Errors.Project.Role.NotFound", error_id)
