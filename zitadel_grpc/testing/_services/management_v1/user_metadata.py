"""Metadata of users."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    BulkRemoveUserMetadataRequest,
    BulkRemoveUserMetadataResponse,
    BulkSetUserMetadataRequest,
    BulkSetUserMetadataResponse,
    GetUserMetadataRequest,
    GetUserMetadataResponse,
    ListUserMetadataRequest,
    ListUserMetadataResponse,
    RemoveUserMetadataRequest,
    RemoveUserMetadataResponse,
    SetUserMetadataRequest,
    SetUserMetadataResponse,
)
from zitadel_grpc.api.metadata.v1 import Metadata as Message
from zitadel_grpc.testing._rpc.lists import Filters, page_of, text
from zitadel_grpc.testing._rpc.refusals import not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import is_own, own_user
from zitadel_grpc.testing._services.messages.details import added, changed, details_of, list_details
from zitadel_grpc.testing._services.metadata import check_some, remove_metadata, set_metadata
from zitadel_grpc.testing._state.users import Metadata

_FILTERS: Filters[Metadata] = Filters({"key_query": text(lambda metadata: metadata.key)})


@rpc
def SetUserMetadata(call: Call, request: SetUserMetadataRequest) -> SetUserMetadataResponse:
    user = own_user(call, request.id, "COMMAND-uXHNj")
    metadata = call.store.set_metadata(user, request.key, request.value)
    return SetUserMetadataResponse(details=added(metadata.details))


@rpc
def GetUserMetadata(call: Call, request: GetUserMetadataRequest) -> GetUserMetadataResponse:
    metadata = call.store.metadata.get((request.id, request.key))
    if metadata is None or not is_own(call, metadata.details):
        raise not_found("Metadata not found", "QUERY-Rgh32")
    return GetUserMetadataResponse(metadata=_message(metadata))


@rpc
def ListUserMetadata(call: Call, request: ListUserMetadataRequest) -> ListUserMetadataResponse:
    all_metadata = call.store.metadata.values()
    of_user = (each for each in all_metadata if each.user_id == request.id and is_own(call, each.details))
    rows = _FILTERS.select(of_user, request.queries)
    return ListUserMetadataResponse(
        details=list_details(call.store, len(rows)), result=map(_message, page_of(rows, request.query))
    )


@rpc
def BulkSetUserMetadata(call: Call, request: BulkSetUserMetadataRequest) -> BulkSetUserMetadataResponse:
    check_some(request.metadata)
    user = own_user(call, request.id, "COMMAND-uXHNj")
    return BulkSetUserMetadataResponse(details=changed(set_metadata(call, user, request.metadata)))


@rpc
def BulkRemoveUserMetadata(
    call: Call, request: BulkRemoveUserMetadataRequest
) -> BulkRemoveUserMetadataResponse:
    check_some(request.keys)
    user = own_user(call, request.id, "COMMAND-uXHNj")
    remove_metadata(call, user, request.keys)
    return BulkRemoveUserMetadataResponse(
        details=changed(call.store.new_details(user.details.resource_owner))
    )


@rpc
def RemoveUserMetadata(call: Call, request: RemoveUserMetadataRequest) -> RemoveUserMetadataResponse:
    own_user(call, request.id, "COMMAND-uXHNj")
    if (metadata := call.store.metadata.get((request.id, request.key))) is None:
        raise not_found("Metadata not found", "META-ncnw3")
    call.store.remove(call.store.metadata, (request.id, request.key))
    return RemoveUserMetadataResponse(details=changed(call.store.touch(metadata.details)))


def _message(metadata: Metadata) -> Message:
    return Message(details=details_of(metadata.details), key=metadata.key, value=metadata.value)
