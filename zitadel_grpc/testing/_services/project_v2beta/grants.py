"""Projects granted to other organizations. Project and organization identify a grant."""

from __future__ import annotations

from zitadel_grpc.api.filter.v2beta import PaginationResponse
from zitadel_grpc.api.project.v2beta import (
    ActivateProjectGrantRequest,
    ActivateProjectGrantResponse,
    CreateProjectGrantRequest,
    CreateProjectGrantResponse,
    DeactivateProjectGrantRequest,
    DeactivateProjectGrantResponse,
    DeleteProjectGrantRequest,
    DeleteProjectGrantResponse,
    ListProjectGrantsRequest,
    ListProjectGrantsResponse,
    ProjectGrantState,
    UpdateProjectGrantRequest,
    UpdateProjectGrantResponse,
)
from zitadel_grpc.api.project.v2beta import ProjectGrant as Message
from zitadel_grpc.testing._rpc.lists import Filters, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups_v2 import existing_project
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check, may
from zitadel_grpc.testing._services.projects import (
    add_project_grant,
    set_project_grant_state,
    update_project_grant,
)
from zitadel_grpc.testing._services.removals import earlier_removal, note_removal
from zitadel_grpc.testing._state.projects import ProjectGrant
from zitadel_grpc.testing._state.resources import State
from zitadel_grpc.testing._state.store import Store

# Indexed by ProjectGrantFieldName.
_ORDERS = (
    lambda grant: grant.details.creation_date,
    lambda grant: grant.project_id,
    lambda grant: grant.details.creation_date,
    lambda grant: grant.details.change_date,
)


def _filters(store: Store) -> Filters[ProjectGrant]:
    return Filters(
        {
            "project_name_filter": text(lambda grant: store.projects[grant.project_id].name),
            "role_key_filter": lambda query: lambda grant: query.key in grant.role_keys,
            "in_project_ids_filter": lambda query: lambda grant: grant.project_id in query.ids,
            "project_resource_owner_filter": text(lambda grant: grant.details.resource_owner),
            "project_grant_resource_owner_filter": text(lambda grant: grant.granted_organization_id),
        }
    )


@rpc
def ListProjectGrants(call: Call, request: ListProjectGrantsRequest) -> ListProjectGrantsResponse:
    seen = (grant for grant in call.store.project_grants.values() if _may_see(call, grant))
    rows = _filters(call.store).select(seen, request.filters)
    page = limited(request.pagination)
    return ListProjectGrantsResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        project_grants=[
            _message(call.store, grant)
            for grant in page_of(rows, page, order=order_by(_ORDERS, request.sorting_column))
        ],
    )


@rpc
def CreateProjectGrant(call: Call, request: CreateProjectGrantRequest) -> CreateProjectGrantResponse:
    if (project := call.store.projects.get(request.project_id)) is None:
        raise failed_precondition("Project not found", "COMMAND-m9gsd")
    check(call, "project.grant.write", owner=project.details.resource_owner, resource_id=project.id)
    grant = add_project_grant(call, project, request.granted_organization_id, request.role_keys)
    return CreateProjectGrantResponse(creation_date=timestamp(grant.details.creation_date))


@rpc
def UpdateProjectGrant(call: Call, request: UpdateProjectGrantRequest) -> UpdateProjectGrantResponse:
    grant = _writable(call, request.project_id, request.granted_organization_id)
    update_project_grant(call, grant, request.role_keys)
    return UpdateProjectGrantResponse(change_date=timestamp(grant.details.change_date))


@rpc
def DeactivateProjectGrant(
    call: Call, request: DeactivateProjectGrantRequest
) -> DeactivateProjectGrantResponse:
    existing_project(call, request.project_id)
    grant = _writable(call, request.project_id, request.granted_organization_id)
    set_project_grant_state(call, grant, State.INACTIVE)
    return DeactivateProjectGrantResponse(change_date=timestamp(grant.details.change_date))


@rpc
def ActivateProjectGrant(call: Call, request: ActivateProjectGrantRequest) -> ActivateProjectGrantResponse:
    existing_project(call, request.project_id)
    grant = _writable(call, request.project_id, request.granted_organization_id)
    set_project_grant_state(call, grant, State.ACTIVE)
    return ActivateProjectGrantResponse(change_date=timestamp(grant.details.change_date))


@rpc
def DeleteProjectGrant(call: Call, request: DeleteProjectGrantRequest) -> DeleteProjectGrantResponse:
    """Deleting one that does not exist is not an error."""
    removal_id = f"{request.project_id}/{request.granted_organization_id}"
    grant = call.store.project_grant_to(request.project_id, request.granted_organization_id)
    if grant is None:
        return DeleteProjectGrantResponse(deletion_date=earlier_removal(call, removal_id))
    check(call, "project.grant.delete", owner=grant.details.resource_owner, resource_id=grant.project_id)
    call.store.remove_project_grant(grant.id)
    return DeleteProjectGrantResponse(deletion_date=note_removal(call, removal_id))


def _writable(call: Call, project_id: str, organization_id: str) -> ProjectGrant:
    if (grant := call.store.project_grant_to(project_id, organization_id)) is None:
        raise not_found("Grant not found", "PROJECT-D8JxR")
    check(call, "project.grant.write", owner=grant.details.resource_owner, resource_id=project_id)
    return grant


def _may_see(call: Call, grant: ProjectGrant) -> bool:
    return any(
        may(call, "project.grant.read", owner=organization_id, resource_id=grant.project_id)
        for organization_id in (grant.details.resource_owner, grant.granted_organization_id)
    )


def _message(store: Store, grant: ProjectGrant) -> Message:
    return Message(
        organization_id=grant.details.resource_owner,
        creation_date=timestamp(grant.details.creation_date),
        change_date=timestamp(grant.details.change_date),
        granted_organization_id=grant.granted_organization_id,
        granted_organization_name=store.organizations[grant.granted_organization_id].name,
        granted_role_keys=grant.role_keys,
        project_id=grant.project_id,
        project_name=store.projects[grant.project_id].name,
        state=ProjectGrantState.ValueType(grant.state),
    )
