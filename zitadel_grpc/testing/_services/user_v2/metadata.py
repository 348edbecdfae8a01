"""Metadata of users."""

from __future__ import annotations

from zitadel_grpc.api.filter.v2 import PaginationResponse
from zitadel_grpc.api.metadata.v2 import Metadata as Message
from zitadel_grpc.api.user.v2 import (
    DeleteUserMetadataRequest,
    DeleteUserMetadataResponse,
    ListUserMetadataRequest,
    ListUserMetadataResponse,
    SetUserMetadataRequest,
    SetUserMetadataResponse,
)
from zitadel_grpc.testing._rpc.lists import Filters, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.lookups import existing_user
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.metadata import check_some, remove_metadata, set_metadata
from zitadel_grpc.testing._services.permission_checks import check_user, visible_to
from zitadel_grpc.testing._state.users import Metadata, User

_FILTERS: Filters[Metadata] = Filters({"key_filter": text(lambda metadata: metadata.key)})


@rpc
def SetUserMetadata(call: Call, request: SetUserMetadataRequest) -> SetUserMetadataResponse:
    check_some(request.metadata)
    details = set_metadata(call, _writable(call, request.user_id), request.metadata)
    return SetUserMetadataResponse(set_date=timestamp(details.change_date))


@rpc
def ListUserMetadata(call: Call, request: ListUserMetadataRequest) -> ListUserMetadataResponse:
    user = call.store.users.get(request.user_id)
    seen = call.store.metadata.values() if user and visible_to(call)(user) else ()
    rows = _FILTERS.select((each for each in seen if each.user_id == request.user_id), request.filters)
    page = limited(request.pagination)
    return ListUserMetadataResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        metadata=map(_message, page_of(rows, page, order=lambda row: row.details.creation_date)),
    )


@rpc
def DeleteUserMetadata(call: Call, request: DeleteUserMetadataRequest) -> DeleteUserMetadataResponse:
    check_some(request.keys)
    remove_metadata(call, _writable(call, request.user_id), request.keys)
    return DeleteUserMetadataResponse(deletion_date=timestamp(call.store.clock.datetime()))


def _writable(call: Call, user_id: str) -> User:
    user = existing_user(call, user_id, "COMMAND-uXHNj")
    check_user(call, "user.write", user)
    return user


def _message(metadata: Metadata) -> Message:
    return Message(
        creation_date=timestamp(metadata.details.creation_date),
        change_date=timestamp(metadata.details.change_date),
        key=metadata.key,
        value=metadata.value,
    )
