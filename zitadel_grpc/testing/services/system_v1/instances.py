"""Instances of the whole installation."""

from __future__ import annotations

from zitadel_grpc.api.system.v1 import (
    GetInstanceRequest,
    GetInstanceResponse,
    ListInstancesRequest,
    ListInstancesResponse,
)
from zitadel_grpc.api.v1 import ListDetails
from zitadel_grpc.testing.rpc.refusals import not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.messages.instances import instance_detail, instance_row


@rpc
def ListInstances(call: Call, request: ListInstancesRequest) -> ListInstancesResponse:
    """The one instance; ZITADEL counts the domains instead, and so does this."""
    instance = call.store.instance
    return ListInstancesResponse(
        details=ListDetails(total_result=len(instance.domains)), result=[instance_row(instance)]
    )


@rpc
def GetInstance(call: Call, request: GetInstanceRequest) -> GetInstanceResponse:
    instance = call.store.instance
    if request.instance_id != instance.id:
        raise not_found("Instance not found", "QUERY-n0wng")
    return GetInstanceResponse(instance=instance_detail(instance))
