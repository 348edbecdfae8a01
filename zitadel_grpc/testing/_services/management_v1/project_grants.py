"""Projects granted to other organizations."""

from __future__ import annotations

import functools

from zitadel_grpc.api.management.v1 import (
    AddProjectGrantRequest,
    AddProjectGrantResponse,
    DeactivateProjectGrantRequest,
    DeactivateProjectGrantResponse,
    GetProjectGrantByIDRequest,
    GetProjectGrantByIDResponse,
    ListGrantedProjectsRequest,
    ListGrantedProjectsResponse,
    ListProjectGrantsRequest,
    ListProjectGrantsResponse,
    ReactivateProjectGrantRequest,
    ReactivateProjectGrantResponse,
    RemoveProjectGrantRequest,
    RemoveProjectGrantResponse,
    UpdateProjectGrantRequest,
    UpdateProjectGrantResponse,
)
from zitadel_grpc.testing._rpc.lists import Filters, page_of, text
from zitadel_grpc.testing._rpc.refusals import not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import is_own, own_project, project_of
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.projects import granted_project
from zitadel_grpc.testing._services.projects import (
    add_project_grant,
    set_project_grant_state,
    update_project_grant,
)
from zitadel_grpc.testing._state.projects import ProjectGrant
from zitadel_grpc.testing._state.resources import State
from zitadel_grpc.testing._state.store import Store


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
    if (grant := call.store.project_grants.get(request.grant_id)) is None:
        raise not_found("Project grant not found", "QUERY-n98GF")
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
    """Lists what other organizations have granted to this one."""
    grants = call.store.project_grants.values()
    to_this = (grant for grant in grants if grant.granted_organization_id == call.organization_id)
    rows = _filters(call.store).select(to_this, request.queries)
    return ListGrantedProjectsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(granted_project, call.store), page_of(rows, request.query)),
    )


@rpc
def AddProjectGrant(call: Call, request: AddProjectGrantRequest) -> AddProjectGrantResponse:
    project = own_project(call, request.project_id, "COMMAND-m9gsd")
    grant = add_project_grant(call, project, request.granted_org_id, request.role_keys)
    return AddProjectGrantResponse(grant_id=grant.id, details=added(grant.details))


@rpc
def UpdateProjectGrant(call: Call, request: UpdateProjectGrantRequest) -> UpdateProjectGrantResponse:
    grant = _find(call, request.project_id, request.grant_id)
    update_project_grant(call, grant, request.role_keys)
    return UpdateProjectGrantResponse(details=changed(grant.details))


@rpc
def DeactivateProjectGrant(
    call: Call, request: DeactivateProjectGrantRequest
) -> DeactivateProjectGrantResponse:
    own_project(call, request.project_id)
    grant = _find(call, request.project_id, request.grant_id)
    set_project_grant_state(call, grant, State.INACTIVE)
    return DeactivateProjectGrantResponse(details=changed(grant.details))


@rpc
def ReactivateProjectGrant(
    call: Call, request: ReactivateProjectGrantRequest
) -> ReactivateProjectGrantResponse:
    own_project(call, request.project_id)
    grant = _find(call, request.project_id, request.grant_id)
    set_project_grant_state(call, grant, State.ACTIVE)
    return ReactivateProjectGrantResponse(details=changed(grant.details))


@rpc
def RemoveProjectGrant(call: Call, request: RemoveProjectGrantRequest) -> RemoveProjectGrantResponse:
    grant = _find(call, request.project_id, request.grant_id)
    call.store.remove_project_grant(grant.id)
    return RemoveProjectGrantResponse(details=changed(call.store.touch(grant.details)))


def _find(call: Call, project_id: str, grant_id: str) -> ProjectGrant:
    grant = call.store.project_grants.get(grant_id)
    if grant is None or grant.project_id != project_id or not is_own(call, grant.details):
        raise not_found("Project grant not found", "PROJECT-D8JxR")
    return grant
