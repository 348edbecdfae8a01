"""The instance's security policy."""

from __future__ import annotations

from zitadel_grpc.api.admin.v1 import (
    GetSecurityPolicyRequest,
    GetSecurityPolicyResponse,
    SetSecurityPolicyRequest,
    SetSecurityPolicyResponse,
)
from zitadel_grpc.api.settings.v1 import SecurityPolicy
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.details import changed, details_of


@rpc
def GetSecurityPolicy(call: Call, request: GetSecurityPolicyRequest) -> GetSecurityPolicyResponse:
    policy = call.store.instance.security
    return GetSecurityPolicyResponse(
        policy=SecurityPolicy(
            details=details_of(policy.details),
            enable_iframe_embedding=policy.enable_iframe_embedding,
            allowed_origins=policy.allowed_origins,
            enable_impersonation=policy.enable_impersonation,
        )
    )


@rpc
def SetSecurityPolicy(call: Call, request: SetSecurityPolicyRequest) -> SetSecurityPolicyResponse:
    policy = call.store.instance.security
    policy.enable_iframe_embedding = request.enable_iframe_embedding
    policy.allowed_origins = list(request.allowed_origins)
    policy.enable_impersonation = request.enable_impersonation
    return SetSecurityPolicyResponse(details=changed(call.store.touch(policy.details)))
