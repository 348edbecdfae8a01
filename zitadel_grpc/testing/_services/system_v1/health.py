"""Health."""

from __future__ import annotations

from zitadel_grpc.api.system.v1 import HealthzRequest, HealthzResponse
from zitadel_grpc.testing._rpc.refusals import unimplemented
from zitadel_grpc.testing._rpc.services import Call, rpc


@rpc
def Healthz(call: Call, request: HealthzRequest) -> HealthzResponse:
    """ZITADEL does not implement it."""
    raise unimplemented("method Healthz not implemented")
