"""Instances of the installation."""

from __future__ import annotations

from zitadel_grpc.api.system.v1 import (
    GetInstanceRequest,
    GetInstanceResponse,
    ListInstancesRequest,
    ListInstancesResponse,
)
from zitadel_grpc.api.v1 import ListDetails
from zitadel_grpc.testing._rpc.lists import Filters, page_of
from zitadel_grpc.testing._rpc.refusals import not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.messages.instances import instance_detail, instance_row
from zitadel_grpc.testing._state.resources import Instance

_FILTERS: Filters[Instance] = Filters(
    {
        "id_query": lambda query: lambda instance: instance.id in query.ids,
        "domain_query": lambda query: (
            lambda instance: any(domain.name in query.domains for domain in instance.domains)
        ),
    }
)


@rpc
def ListInstances(call: Call, request: ListInstancesRequest) -> ListInstancesResponse:
    """Lists the only instance. The total counts its domains, as in ZITADEL."""
    rows = _FILTERS.select([call.store.instance], request.queries)
    return ListInstancesResponse(
        details=ListDetails(total_result=sum(len(instance.domains) for instance in rows)),
        result=map(instance_row, page_of(rows, request.query)),
    )


@rpc
def GetInstance(call: Call, request: GetInstanceRequest) -> GetInstanceResponse:
    instance = call.store.instance
    if request.instance_id != instance.id:
        raise not_found("Instance not found", "QUERY-n0wng")
    return GetInstanceResponse(instance=instance_detail(instance))
