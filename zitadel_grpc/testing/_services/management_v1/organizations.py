"""Organizations."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddOrgRequest,
    AddOrgResponse,
    DeactivateOrgRequest,
    DeactivateOrgResponse,
    GetMyOrgRequest,
    GetMyOrgResponse,
    GetOrgByDomainGlobalRequest,
    GetOrgByDomainGlobalResponse,
    ReactivateOrgRequest,
    ReactivateOrgResponse,
    RemoveOrgRequest,
    RemoveOrgResponse,
    UpdateOrgRequest,
    UpdateOrgResponse,
)
from zitadel_grpc.testing._rpc.refusals import already_exists, failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import existing_user, organization_of
from zitadel_grpc.testing._services.messages.details import added, changed
from zitadel_grpc.testing._services.messages.organizations import org
from zitadel_grpc.testing._state.members import Level
from zitadel_grpc.testing._state.resources import State


@rpc
def GetMyOrg(call: Call, request: GetMyOrgRequest) -> GetMyOrgResponse:
    return GetMyOrgResponse(org=org(organization_of(call, call.organization_id, "QUERY-leq5Q")))


@rpc
def GetOrgByDomainGlobal(call: Call, request: GetOrgByDomainGlobalRequest) -> GetOrgByDomainGlobalResponse:
    for organization in call.store.present_organizations():
        if organization.primary_domain == request.domain:
            return GetOrgByDomainGlobalResponse(org=org(organization))
    raise not_found("Organisation not found", "QUERY-iTTGJ")


@rpc
def AddOrg(call: Call, request: AddOrgRequest) -> AddOrgResponse:
    """Adds an organization with the caller as its owner."""
    existing_user(call, call.user_id, "COMMAND-uXHNj")  # not for System API users
    if (organization := call.store.add_organization(request.name)) is None:
        raise already_exists("Organisation's name or id already taken", "V3-DKcYh")
    id_ = organization.id
    call.store.set_member(Level.ORGANIZATION, id_, call.user_id, ["ORG_OWNER"], owner=id_)
    return AddOrgResponse(id=id_, details=added(organization.details))


@rpc
def UpdateOrg(call: Call, request: UpdateOrgRequest) -> UpdateOrgResponse:
    organization = organization_of(call, call.organization_id, "ORG-1MRds")
    if organization.name == request.name:
        raise failed_precondition("Organisation not changed", "ORG-4VSdf")
    if any(other.name == request.name for other in call.store.present_organizations()):
        raise already_exists("Organisation's name or id already taken", "V3-DKcYh")
    organization.name = request.name
    return UpdateOrgResponse(details=changed(call.store.touch(organization.details)))


@rpc
def DeactivateOrg(call: Call, request: DeactivateOrgRequest) -> DeactivateOrgResponse:
    organization = organization_of(call, call.organization_id, "ORG-oL9nT")
    if organization.state is State.INACTIVE:
        raise failed_precondition("Organisation is already deactivated", "EVENT-Dbs2g")
    organization.state = State.INACTIVE
    return DeactivateOrgResponse(details=changed(call.store.touch(organization.details)))


@rpc
def ReactivateOrg(call: Call, request: ReactivateOrgRequest) -> ReactivateOrgResponse:
    organization = organization_of(call, call.organization_id, "ORG-Dgf3g")
    if organization.state is State.ACTIVE:
        raise failed_precondition("Organisation is already active", "EVENT-bfnrh")
    organization.state = State.ACTIVE
    return ReactivateOrgResponse(details=changed(call.store.touch(organization.details)))


@rpc
def RemoveOrg(call: Call, request: RemoveOrgRequest) -> RemoveOrgResponse:
    """The response names the instance as owner."""
    organization = organization_of(call, call.organization_id, "COMMAND-1aG9p")
    call.store.remove_organization(organization)
    call.store.touch(organization.details)
    return RemoveOrgResponse(details=changed(call.store.new_details(call.store.instance.id)))
