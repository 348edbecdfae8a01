"""The caller's instance."""

from __future__ import annotations

from zitadel_grpc.api.admin.v1 import GetMyInstanceRequest, GetMyInstanceResponse
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.instances import instance_detail


@rpc
def GetMyInstance(call: Call, request: GetMyInstanceRequest) -> GetMyInstanceResponse:
    return GetMyInstanceResponse(instance=instance_detail(call.store.instance))
