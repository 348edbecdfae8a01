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
from zitadel_grpc.testing.rpc.refusals import not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.lookups import project_of
from zitadel_grpc.testing.services.messages.details import added, changed, list_details
from zitadel_grpc.testing.services.messages.projects import granted_project
from zitadel_grpc.testing.services.projects import add_project_grant, checked_roles
from zitadel_grpc.testing.state.projects import ProjectGrant
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
    grant = add_project_grant(call, project, request.granted_org_id, request.role_keys)
    return AddProjectGrantResponse(grant_id=grant.id, details=added(grant.details))


@rpc
def UpdateProjectGrant(call: Call, request: UpdateProjectGrantRequest) -> UpdateProjectGrantResponse:
    grant = _find(call, request.project_id, request.grant_id, "PROJECT-M9s8m")
    grant.role_keys = checked_roles(call.store.projects[grant.project_id], request.role_keys)
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
