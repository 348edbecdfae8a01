"""Grants of project roles to users."""

from __future__ import annotations

import functools

from zitadel_grpc.api.management.v1 import (
    AddUserGrantRequest,
    AddUserGrantResponse,
    DeactivateUserGrantRequest,
    DeactivateUserGrantResponse,
    GetUserGrantByIDRequest,
    GetUserGrantByIDResponse,
    ListUserGrantRequest,
    ListUserGrantResponse,
    ReactivateUserGrantRequest,
    ReactivateUserGrantResponse,
    RemoveUserGrantRequest,
    RemoveUserGrantResponse,
    UpdateUserGrantRequest,
    UpdateUserGrantResponse,
)
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found, permission_denied
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import is_own
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._services.messages.user_grants import filters, user_grant_message
from zitadel_grpc.testing._services.permission_checks import may
from zitadel_grpc.testing._services.user_grants import add_user_grant, update_user_grant
from zitadel_grpc.testing._state.projects import UserGrant
from zitadel_grpc.testing._state.resources import State


@rpc
def GetUserGrantByID(call: Call, request: GetUserGrantByIDRequest) -> GetUserGrantByIDResponse:
    grant = _find(call, request.grant_id, "QUERY-wIPkA")
    return GetUserGrantByIDResponse(user_grant=user_grant_message(call.store, grant))


@rpc
def ListUserGrants(call: Call, request: ListUserGrantRequest) -> ListUserGrantResponse:
    own = (grant for grant in call.store.user_grants.values() if is_own(call, grant.details))
    rows = filters(call.store).select(own, request.queries)
    return ListUserGrantResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(user_grant_message, call.store), page_of(rows, request.query)),
    )


@rpc
def AddUserGrant(call: Call, request: AddUserGrantRequest) -> AddUserGrantResponse:
    grant = add_user_grant(
        call,
        request.user_id,
        request.project_id,
        request.project_grant_id,
        request.role_keys,
        owner=call.organization_id,
    )
    return AddUserGrantResponse(user_grant_id=grant.id, details=added(grant.details))


@rpc
def UpdateUserGrant(call: Call, request: UpdateUserGrantRequest) -> UpdateUserGrantResponse:
    grant = _writable(call, request.grant_id, "COMMAND-3M9sd")
    if grant.role_keys == list(request.role_keys):
        raise failed_precondition("User grant not changed", "COMMAND-Rs8fy")
    update_user_grant(call, grant, request.role_keys)
    return UpdateUserGrantResponse(details=changed(grant.details))


@rpc
def DeactivateUserGrant(call: Call, request: DeactivateUserGrantRequest) -> DeactivateUserGrantResponse:
    grant = _writable(call, request.grant_id, "COMMAND-3M9sd")
    if grant.state is not State.ACTIVE:
        raise failed_precondition("User grant is not active", "COMMAND-1S9gx")
    grant.state = State.INACTIVE
    return DeactivateUserGrantResponse(details=changed(call.store.touch(grant.details)))


@rpc
def ReactivateUserGrant(call: Call, request: ReactivateUserGrantRequest) -> ReactivateUserGrantResponse:
    grant = _writable(call, request.grant_id, "COMMAND-Lp0gs")
    if grant.state is not State.INACTIVE:
        raise failed_precondition("User grant is not deactivated", "COMMAND-1ML0v")
    grant.state = State.ACTIVE
    return ReactivateUserGrantResponse(details=changed(call.store.touch(grant.details)))


@rpc
def RemoveUserGrant(call: Call, request: RemoveUserGrantRequest) -> RemoveUserGrantResponse:
    grant = _writable(call, request.grant_id, "COMMAND-1My0t", "user.grant.delete")
    call.store.remove(call.store.user_grants, grant.id)
    return RemoveUserGrantResponse(details=changed(call.store.touch(grant.details)))


def _find(call: Call, grant_id: str, error_id: str) -> UserGrant:
    """Looks the grant up by its id. ZITADEL ignores the user id in the request."""
    grant = call.store.user_grants.get(grant_id)
    if grant is None or not is_own(call, grant.details):
        raise not_found("User grant not found", error_id)
    return grant


def _writable(call: Call, grant_id: str, error_id: str, permission: str = "user.grant.write") -> UserGrant:
    """Managers of one project may write the grants of that project only."""
    grant = _find(call, grant_id, error_id)
    if not may(call, permission, owner=call.organization_id, resource_id=grant.project_id):
        raise permission_denied("Errors.UserGrant.NoPermissionForProject", "EVENT-Shu7e")
    return grant
