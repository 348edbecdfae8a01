"""Keys of service users."""

from __future__ import annotations

from zitadel_grpc.api.authn.v1 import Key, KeyType
from zitadel_grpc.api.management.v1 import (
    AddMachineKeyRequest,
    AddMachineKeyResponse,
    GetMachineKeyByIDsRequest,
    GetMachineKeyByIDsResponse,
    ListMachineKeysRequest,
    ListMachineKeysResponse,
    RemoveMachineKeyRequest,
    RemoveMachineKeyResponse,
)
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.refusals import not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.expiration import expiration_of
from zitadel_grpc.testing._services.lookups import is_own, own_user
from zitadel_grpc.testing._services.machine_credentials import add_key, check_public_key
from zitadel_grpc.testing._services.messages.details import (
    added,
    changed,
    details_of,
    list_details,
    timestamp,
)
from zitadel_grpc.testing._state.users import MachineKey


@rpc
def AddMachineKey(call: Call, request: AddMachineKeyRequest) -> AddMachineKeyResponse:
    """Generates a key pair unless the request contains a public key."""
    check_public_key(request.public_key)
    user = own_user(call, request.user_id, "COMMAND-bnipwm1")
    key, content = add_key(call, user, request.public_key, expiration_of(call, request))
    return AddMachineKeyResponse(key_id=key.id, key_details=content, details=added(key.details))


@rpc
def GetMachineKeyByIDs(call: Call, request: GetMachineKeyByIDsRequest) -> GetMachineKeyByIDsResponse:
    if (key := _find(call, request.user_id, request.key_id)) is None:
        raise not_found("Errors.AuthNKey.NotFound", "QUERY-Tha6f")
    return GetMachineKeyByIDsResponse(key=_message(key))


@rpc
def ListMachineKeys(call: Call, request: ListMachineKeysRequest) -> ListMachineKeysResponse:
    keys = call.store.machine_keys.values()
    rows = [key for key in keys if key.user_id == request.user_id and is_own(call, key.details)]
    return ListMachineKeysResponse(
        details=list_details(call.store, len(rows)), result=map(_message, page_of(rows, request.query))
    )


@rpc
def RemoveMachineKey(call: Call, request: RemoveMachineKeyRequest) -> RemoveMachineKeyResponse:
    if (key := _find(call, request.user_id, request.key_id)) is None:
        raise not_found("Machine key not found", "COMMAND-4m77G")
    call.store.remove(call.store.machine_keys, key.id)
    return RemoveMachineKeyResponse(details=changed(call.store.touch(key.details)))


def _find(call: Call, user_id: str, key_id: str) -> MachineKey | None:
    key = call.store.machine_keys.get(key_id)
    return key if key and key.user_id == user_id and is_own(call, key.details) else None


def _message(key: MachineKey) -> Key:
    return Key(
        id=key.id,
        details=details_of(key.details),
        type=KeyType.KEY_TYPE_JSON,
        expiration_date=timestamp(key.expiration_date),
    )
