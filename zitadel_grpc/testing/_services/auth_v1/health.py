"""Health."""

from __future__ import annotations

from zitadel_grpc.api.auth.v1 import HealthzRequest, HealthzResponse
from zitadel_grpc.testing._rpc.services import Call, rpc


@rpc
def Healthz(call: Call, request: HealthzRequest) -> HealthzResponse:
    return HealthzResponse()
