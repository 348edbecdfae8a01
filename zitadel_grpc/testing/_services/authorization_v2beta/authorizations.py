"""Authorizations, which v1 calls user grants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from zitadel_grpc.api.authorization.v2beta import (
    ActivateAuthorizationRequest,
    ActivateAuthorizationResponse,
    Authorization,
    CreateAuthorizationRequest,
    CreateAuthorizationResponse,
    DeactivateAuthorizationRequest,
    DeactivateAuthorizationResponse,
    DeleteAuthorizationRequest,
    DeleteAuthorizationResponse,
    ListAuthorizationsRequest,
    ListAuthorizationsResponse,
    State,
    UpdateAuthorizationRequest,
    UpdateAuthorizationResponse,
    User,
)
from zitadel_grpc.api.filter.v2beta import PaginationResponse
from zitadel_grpc.testing._rpc.lists import Filters, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import failed_precondition
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import existing_user
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check, may
from zitadel_grpc.testing._services.removals import earlier_removal, note_removal
from zitadel_grpc.testing._services.user_grants import add_user_grant, update_user_grant, user_grant_of
from zitadel_grpc.testing._state import resources
from zitadel_grpc.testing._state.projects import UserGrant
from zitadel_grpc.testing._state.store import Store


def _orders(store: Store) -> Sequence[Callable[[UserGrant], Any]]:
    """Indexed by AuthorizationFieldName."""
    return (
        lambda grant: grant.details.creation_date,
        lambda grant: grant.details.creation_date,
        lambda grant: grant.details.change_date,
        lambda grant: grant.id,
        lambda grant: grant.user_id,
        lambda grant: grant.project_id,
        lambda grant: grant.details.resource_owner,
        lambda grant: store.users[grant.user_id].details.resource_owner,
    )


def _filters(store: Store) -> Filters[UserGrant]:
    def user_name(grant: UserGrant) -> str:
        return store.users[grant.user_id].user_name

    def display_name(grant: UserGrant) -> str:
        return store.users[grant.user_id].display_name

    return Filters(
        {
            "authorization_ids": lambda query: lambda grant: grant.id in query.ids,
            "organization_id": text(lambda grant: grant.details.resource_owner),
            "state": lambda query: lambda grant: grant.state == query.state,
            "user_id": text(lambda grant: grant.user_id),
            "user_organization_id": text(lambda grant: store.users[grant.user_id].details.resource_owner),
            "user_preferred_login_name": text(user_name),
            "user_display_name": text(display_name),
            "project_id": text(lambda grant: grant.project_id),
            "project_name": text(lambda grant: store.projects[grant.project_id].name),
            "role_key": lambda query: lambda grant: query.key in grant.role_keys,
            "project_grant_id": text(lambda grant: grant.project_grant_id),
        }
    )


@rpc
def ListAuthorizations(call: Call, request: ListAuthorizationsRequest) -> ListAuthorizationsResponse:
    """Lists the caller's authorizations and those that the caller may read."""
    seen = (grant for grant in call.store.user_grants.values() if _may_see(call, grant))
    rows = _filters(call.store).select(seen, request.filters)
    page = limited(request.pagination)
    return ListAuthorizationsResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        authorizations=[
            _message(call.store, grant)
            for grant in page_of(rows, page, order=order_by(_orders(call.store), request.sorting_column))
        ],
    )


@rpc
def CreateAuthorization(call: Call, request: CreateAuthorizationRequest) -> CreateAuthorizationResponse:
    """Adds the authorization in the project's organization, or in one that the project is granted to."""
    existing_user(call, request.user_id, "COMMAND-4f8sg")
    project = call.store.projects.get(request.project_id)
    project_owner = project.details.resource_owner if project else ""
    owner, grant_id = request.organization_id or project_owner, ""
    if owner != project_owner:
        if (project_grant := call.store.project_grant_to(request.project_id, owner)) is None:
            raise failed_precondition("Grant not found", "COMMAND-4m9ff")
        grant_id = project_grant.id
    elif project is None:
        raise failed_precondition("Project not found", "COMMAND-3n77S")
    check(call, "user.grant.write", owner=owner, resource_id=request.project_id)
    grant = add_user_grant(
        call, request.user_id, request.project_id, grant_id, request.role_keys, owner=owner
    )
    return CreateAuthorizationResponse(id=grant.id, creation_date=timestamp(grant.details.creation_date))


@rpc
def UpdateAuthorization(call: Call, request: UpdateAuthorizationRequest) -> UpdateAuthorizationResponse:
    grant = user_grant_of(call, request.id, "COMMAND-3M9sd")
    _check(call, "user.grant.write", grant)
    if grant.role_keys != list(request.role_keys):
        update_user_grant(call, grant, request.role_keys)
    return UpdateAuthorizationResponse(change_date=timestamp(grant.details.change_date))


@rpc
def DeactivateAuthorization(
    call: Call, request: DeactivateAuthorizationRequest
) -> DeactivateAuthorizationResponse:
    grant = user_grant_of(call, request.id, "COMMAND-3M9sd")
    return DeactivateAuthorizationResponse(change_date=_become(call, grant, resources.State.INACTIVE))


@rpc
def ActivateAuthorization(call: Call, request: ActivateAuthorizationRequest) -> ActivateAuthorizationResponse:
    grant = user_grant_of(call, request.id, "COMMAND-Lp0gs")
    return ActivateAuthorizationResponse(change_date=_become(call, grant, resources.State.ACTIVE))


@rpc
def DeleteAuthorization(call: Call, request: DeleteAuthorizationRequest) -> DeleteAuthorizationResponse:
    """Deleting one that does not exist is not an error."""
    if (grant := call.store.user_grants.get(request.id)) is None:
        return DeleteAuthorizationResponse(deletion_date=earlier_removal(call, request.id))
    _check(call, "user.grant.delete", grant)
    call.store.remove(call.store.user_grants, grant.id)
    return DeleteAuthorizationResponse(deletion_date=note_removal(call, grant.id))


def _become(call: Call, grant: UserGrant, state: resources.State) -> Timestamp:
    """Unchanged roles are not an error."""
    if grant.state is not state:
        _check(call, "user.grant.write", grant)
        grant.state = state
        call.store.touch(grant.details)
    return timestamp(grant.details.change_date)


def _check(call: Call, permission: str, grant: UserGrant) -> None:
    check(call, permission, owner=grant.details.resource_owner, resource_id=grant.project_id)


def _may_see(call: Call, grant: UserGrant) -> bool:
    return call.user_id == grant.user_id or may(
        call, "user.grant.read", owner=grant.details.resource_owner, resource_id=grant.project_id
    )


def _message(store: Store, grant: UserGrant) -> Authorization:
    user, project = store.users[grant.user_id], store.projects[grant.project_id]
    message = Authorization(
        id=grant.id,
        project_id=project.id,
        project_name=project.name,
        project_organization_id=project.details.resource_owner,
        organization_id=grant.details.resource_owner,
        creation_date=timestamp(grant.details.creation_date),
        change_date=timestamp(grant.details.change_date),
        state=State.ValueType(grant.state),
        user=User(
            id=user.id,
            preferred_login_name=user.user_name,
            display_name=user.human.display_name if user.human else "",
            organization_id=user.details.resource_owner,
        ),
        roles=grant.role_keys,
    )
    if grant.project_grant_id:
        message.project_grant_id = grant.project_grant_id
        message.granted_organization_id = grant.details.resource_owner
    return message
