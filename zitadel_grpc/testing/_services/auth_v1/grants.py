"""Project roles of the caller."""

from __future__ import annotations

import functools

from zitadel_grpc.api.auth.v1 import (
    ListMyProjectOrgsRequest,
    ListMyProjectOrgsResponse,
    ListMyUserGrantsRequest,
    ListMyUserGrantsResponse,
    UserGrant,
)
from zitadel_grpc.api.user.v1 import UserGrantState
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.details import details_of, list_details
from zitadel_grpc.testing._services.messages.users import type_of
from zitadel_grpc.testing._state import projects
from zitadel_grpc.testing._state.store import Store


@rpc
def ListMyProjectOrgs(call: Call, request: ListMyProjectOrgsRequest) -> ListMyProjectOrgsResponse:
    """Lists organizations that granted roles of the client's project. Clients have no project here."""
    return ListMyProjectOrgsResponse(details=list_details(call.store, 0))


@rpc
def ListMyUserGrants(call: Call, request: ListMyUserGrantsRequest) -> ListMyUserGrantsResponse:
    rows = [grant for grant in call.store.user_grants.values() if grant.user_id == call.user_id]
    return ListMyUserGrantsResponse(
        details=list_details(call.store, len(rows)),
        result=map(functools.partial(_message, call.store), page_of(rows, request.query)),
    )


def _message(store: Store, grant: projects.UserGrant) -> UserGrant:
    organization = store.organizations[grant.details.resource_owner]
    return UserGrant(
        org_id=organization.id,
        project_id=grant.project_id,
        user_id=grant.user_id,
        roles=grant.role_keys,
        org_name=organization.name,
        grant_id=grant.id,
        details=details_of(grant.details),
        org_domain=organization.primary_domain,
        project_name=store.projects[grant.project_id].name,
        project_grant_id=grant.project_grant_id,
        role_keys=grant.role_keys,
        user_type=type_of(store.users[grant.user_id]),
        state=UserGrantState.ValueType(grant.state),
    )
