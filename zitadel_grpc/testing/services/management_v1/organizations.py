"""Organizations."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetMyOrgResponse
from zitadel_grpc.testing.rpc.refusals import not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.messages.organizations import org


@rpc
def GetMyOrg(call: Call, request: GetMyOrgRequest) -> GetMyOrgResponse:
    if (organization := call.store.organizations.get(call.organization_id)) is None:
        raise not_found("Organisation not found", "QUERY-leq5Q")
    return GetMyOrgResponse(org=org(organization))
