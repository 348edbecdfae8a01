"""Keys of service users."""

from __future__ import annotations

from zitadel_grpc.api.filter.v2 import PaginationResponse
from zitadel_grpc.api.user.v2 import (
    AddKeyRequest,
    AddKeyResponse,
    Key,
    ListKeysRequest,
    ListKeysResponse,
    RemoveKeyRequest,
    RemoveKeyResponse,
)
from zitadel_grpc.testing._rpc.lists import Filters, moment, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.expiration import expiration_of
from zitadel_grpc.testing._services.lookups import existing_user
from zitadel_grpc.testing._services.machine_credentials import add_key, check_public_key
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check_user, visible_to
from zitadel_grpc.testing._state.users import MachineKey

_FILTERS: Filters[MachineKey] = Filters(
    {
        "key_id_filter": text(lambda key: key.id),
        "user_id_filter": text(lambda key: key.user_id),
        "organization_id_filter": text(lambda key: key.details.resource_owner),
        "created_date_filter": moment(lambda key: key.details.creation_date),
        "expiration_date_filter": moment(lambda key: key.expiration_date),
    }
)
# Indexed by KeyFieldName.
_ORDERS = (
    lambda key: key.details.creation_date,
    lambda key: key.details.creation_date,
    lambda key: key.id,
    lambda key: key.user_id,
    lambda key: key.details.resource_owner,
    lambda key: key.expiration_date,
)


@rpc
def AddKey(call: Call, request: AddKeyRequest) -> AddKeyResponse:
    check_public_key(request.public_key)
    expiration = expiration_of(call, request)
    user = existing_user(call, request.user_id, "COMMAND-bnipwm1")
    if user.machine is None:
        raise failed_precondition("User could not be found", "COMMAND-bnipwm1")
    check_user(call, "user.write", user, allow_self=True)
    key, content = add_key(call, user, request.public_key, expiration)
    return AddKeyResponse(
        creation_date=timestamp(key.details.creation_date), key_id=key.id, key_content=content
    )


@rpc
def ListKeys(call: Call, request: ListKeysRequest) -> ListKeysResponse:
    is_visible, users = visible_to(call), call.store.users
    seen = (key for key in call.store.machine_keys.values() if is_visible(users[key.user_id]))
    rows = _FILTERS.select(seen, request.filters)
    page = limited(request.pagination)
    return ListKeysResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        result=map(_message, page_of(rows, page, order=order_by(_ORDERS, request.sorting_column))),
    )


@rpc
def RemoveKey(call: Call, request: RemoveKeyRequest) -> RemoveKeyResponse:
    key = call.store.machine_keys.get(request.key_id)
    if key is None or key.user_id != request.user_id:
        raise not_found("Machine key not found", "COMMAND-4m77G")
    check_user(call, "user.write", call.store.users[key.user_id], allow_self=True)
    call.store.remove(call.store.machine_keys, key.id)
    return RemoveKeyResponse(deletion_date=timestamp(call.store.clock.datetime()))


def _message(key: MachineKey) -> Key:
    return Key(
        creation_date=timestamp(key.details.creation_date),
        change_date=timestamp(key.details.change_date),
        id=key.id,
        user_id=key.user_id,
        organization_id=key.details.resource_owner,
        expiration_date=timestamp(key.expiration_date),
    )
