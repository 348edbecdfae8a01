"""Organizations."""

from __future__ import annotations

from zitadel_grpc.api.org.v2 import (
    AddOrganizationRequest,
    AddOrganizationResponse,
    ListOrganizationsRequest,
    ListOrganizationsResponse,
    OrganizationState,
)
from zitadel_grpc.api.org.v2 import Organization as Message
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.refusals import Refusal, already_exists
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.humans_v2 import add_human
from zitadel_grpc.testing._services.members import ORGANIZATION_MEMBERS
from zitadel_grpc.testing._services.messages.details_v2 import changed, details_of, list_details
from zitadel_grpc.testing._services.organization_filters import by_name, filters
from zitadel_grpc.testing._services.permission_checks import may
from zitadel_grpc.testing._state.resources import Organization


@rpc
def AddOrganization(call: Call, request: AddOrganizationRequest) -> AddOrganizationResponse:
    """Adds the organization with its admins, or nothing."""
    organization = call.store.add_organization(request.name, request.org_id or None)
    if organization is None:
        raise already_exists("Organisation's name or id already taken", "V3-DKcYh")
    try:
        admins = [_add_admin(call, organization, admin) for admin in request.admins]
    except Refusal:
        call.store.remove_organization(organization)
        call.store.remove(call.store.organizations, organization.id)
        raise
    return AddOrganizationResponse(
        details=changed(organization.details),
        organization_id=organization.id,
        created_admins=[admin for admin in admins if admin.user_id],
    )


@rpc
def ListOrganizations(call: Call, request: ListOrganizationsRequest) -> ListOrganizationsResponse:
    """Lists what the caller may see. The total counts all, as in ZITADEL."""
    rows = filters(call.store).select(call.store.present_organizations(), request.queries)
    page = page_of(rows, request.query, order=by_name if request.sorting_column else None)
    seen = (each for each in page if may(call, "org.read", owner=each.id, resource_id=each.id))
    return ListOrganizationsResponse(details=list_details(call.store, len(rows)), result=map(_message, seen))


def _add_admin(
    call: Call, organization: Organization, admin: AddOrganizationRequest.Admin
) -> AddOrganizationResponse.CreatedAdmin:
    """Returns an empty message for users who already existed."""
    created = AddOrganizationResponse.CreatedAdmin()
    user_id = admin.user_id
    if admin.HasField("human"):
        added = add_human(call, admin.human, owner=organization.id)
        user_id = added.user.id
        created = AddOrganizationResponse.CreatedAdmin(
            user_id=user_id, email_code=added.email_code, phone_code=added.phone_code
        )
    roles = admin.roles or ["ORG_OWNER"]
    ORGANIZATION_MEMBERS.add(call, organization.id, user_id, roles, owner=organization.id)
    return created


def _message(organization: Organization) -> Message:
    return Message(
        id=organization.id,
        details=details_of(organization.details),
        state=OrganizationState.ValueType(organization.state),
        name=organization.name,
        primary_domain=organization.primary_domain,
    )
