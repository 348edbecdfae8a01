"""All organizations of the instance."""

from __future__ import annotations

from zitadel_grpc.api.admin.v1 import (
    GetOrgByIDRequest,
    GetOrgByIDResponse,
    IsOrgUniqueRequest,
    IsOrgUniqueResponse,
    ListOrgsRequest,
    ListOrgsResponse,
    SetUpOrgRequest,
    SetUpOrgResponse,
)
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.refusals import already_exists
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.humans import add_human, human_of
from zitadel_grpc.testing._services.lookups import organization_of
from zitadel_grpc.testing._services.members import ORGANIZATION_MEMBERS
from zitadel_grpc.testing._services.messages.details import added, list_details
from zitadel_grpc.testing._services.messages.organizations import org
from zitadel_grpc.testing._services.organization_filters import by_name, filters
from zitadel_grpc.testing._state.members import Level


@rpc
def GetOrgByID(call: Call, request: GetOrgByIDRequest) -> GetOrgByIDResponse:
    return GetOrgByIDResponse(org=org(organization_of(call, request.id, "QUERY-leq5Q")))


@rpc
def ListOrgs(call: Call, request: ListOrgsRequest) -> ListOrgsResponse:
    rows = filters(call.store).select(call.store.present_organizations(), request.queries)
    page = page_of(rows, request.query, order=by_name if request.sorting_column else None)
    return ListOrgsResponse(details=list_details(call.store, len(rows)), result=map(org, page))


@rpc
def IsOrgUnique(call: Call, request: IsOrgUniqueRequest) -> IsOrgUniqueResponse:
    taken = any(
        request.name == each.name or request.domain == each.primary_domain
        for each in call.store.present_organizations()
    )
    return IsOrgUniqueResponse(is_unique=not taken)


@rpc
def SetUpOrg(call: Call, request: SetUpOrgRequest) -> SetUpOrgResponse:
    """Adds an organization and its owner, a human."""
    store, human = call.store, request.human
    if store.user_by_name(human.user_name):
        raise already_exists("User already exists", "V3-DKcYh")
    roles = list(request.roles) or ["ORG_OWNER"]
    ORGANIZATION_MEMBERS.checked(roles, ORGANIZATION_MEMBERS.errors.invalid)
    kind = human_of(store, human.profile, human.email, human.phone, human.password)
    if (organization := store.add_organization(request.org.name)) is None:
        raise already_exists("Organisation's name or id already taken", "V3-DKcYh")
    user = add_human(store, human.user_name, kind, owner=organization.id)
    assert user is not None  # the name is available
    store.set_member(Level.ORGANIZATION, organization.id, user.id, roles, owner=organization.id)
    return SetUpOrgResponse(details=added(organization.details), org_id=organization.id, user_id=user.id)
