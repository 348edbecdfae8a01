"""Metadata of users."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
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
from zitadel_grpc.testing.rpc.lists import Filters, page_of, text
from zitadel_grpc.testing.rpc.refusals import not_found
from zitadel_grpc.testing.rpc.services import Call, rpc
from zitadel_grpc.testing.services.lookups import existing_user
from zitadel_grpc.testing.services.messages.details import added, changed, details_of, list_details
from zitadel_grpc.testing.state.users import Metadata

_FILTERS: Filters[Metadata] = Filters({"key_query": text(lambda metadata: metadata.key)})


@rpc
def SetUserMetadata(call: Call, request: SetUserMetadataRequest) -> SetUserMetadataResponse:
    user = existing_user(call, request.id, "COMMAND-uXHNj")
    metadata = call.store.set_metadata(user, request.key, request.value)
    return SetUserMetadataResponse(details=added(metadata.details))


@rpc
def GetUserMetadata(call: Call, request: GetUserMetadataRequest) -> GetUserMetadataResponse:
    if (metadata := call.store.metadata.get((request.id, request.key))) is None:
        raise not_found("Metadata not found", "QUERY-Rgh32")
    return GetUserMetadataResponse(metadata=_message(metadata))


@rpc
def ListUserMetadata(call: Call, request: ListUserMetadataRequest) -> ListUserMetadataResponse:
    of_user = (metadata for metadata in call.store.metadata.values() if metadata.user_id == request.id)
    rows = _FILTERS.select(of_user, request.queries)
    return ListUserMetadataResponse(
        details=list_details(call.store, len(rows)), result=map(_message, page_of(rows, request.query))
    )


@rpc
def RemoveUserMetadata(call: Call, request: RemoveUserMetadataRequest) -> RemoveUserMetadataResponse:
    if (metadata := call.store.metadata.pop((request.id, request.key), None)) is None:
        raise not_found("Metadata not found", "META-ncnw3")
    return RemoveUserMetadataResponse(details=changed(call.store.touch(metadata.details)))


def _message(metadata: Metadata) -> Message:
    return Message(details=details_of(metadata.details), key=metadata.key, value=metadata.value)
