"""Keys of applications that use private_key_jwt."""

from __future__ import annotations

import json

from zitadel_grpc.api.authn.v1 import Key, KeyType
from zitadel_grpc.api.management.v1 import (
    AddAppKeyRequest,
    AddAppKeyResponse,
    GetAppKeyRequest,
    GetAppKeyResponse,
    ListAppKeysRequest,
    ListAppKeysResponse,
    RemoveAppKeyRequest,
    RemoveAppKeyResponse,
)
from zitadel_grpc.testing._keys import KeyPair, application_key_file
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.expiration import expiration_of
from zitadel_grpc.testing._services.lookups import application_of
from zitadel_grpc.testing._services.messages.details import (
    added,
    changed,
    details_of,
    list_details,
    timestamp,
)
from zitadel_grpc.testing._state.applications import ApplicationKey, AuthMethod


@rpc
def AddAppKey(call: Call, request: AddAppKeyRequest) -> AddAppKeyResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-bnipwm1")
    if application.auth_method is not AuthMethod.PRIVATE_KEY_JWT:
        raise failed_precondition("Chosen Auth Method does not require a key", "COMMAND-Dff54")
    expiration = expiration_of(call, request)
    pair = KeyPair.generate()
    details = call.store.new_details(application.details.resource_owner)
    key = ApplicationKey(call.store.new_id(), application.id, details, pair.public_pem, expiration)
    call.store.application_keys[key.id] = key
    content = application_key_file(pair, key, application.client_id)
    return AddAppKeyResponse(id=key.id, details=added(details), key_details=json.dumps(content).encode())


@rpc
def GetAppKey(call: Call, request: GetAppKeyRequest) -> GetAppKeyResponse:
    key = _find(call, request.project_id, request.app_id, request.key_id, "QUERY-Tha6f")
    return GetAppKeyResponse(key=_message(key))


@rpc
def ListAppKeys(call: Call, request: ListAppKeysRequest) -> ListAppKeysResponse:
    application = application_of(call, request.project_id, request.app_id, "QUERY-pCP8P")
    keys = call.store.application_keys.values()
    rows = [key for key in keys if key.application_id == application.id]
    return ListAppKeysResponse(
        details=list_details(call.store, len(rows)), result=map(_message, page_of(rows, request.query))
    )


@rpc
def RemoveAppKey(call: Call, request: RemoveAppKeyRequest) -> RemoveAppKeyResponse:
    key = _find(call, request.project_id, request.app_id, request.key_id, "COMMAND-4m77G")
    call.store.remove(call.store.application_keys, key.id)
    return RemoveAppKeyResponse(details=changed(call.store.touch(key.details)))


def _find(call: Call, project_id: str, application_id: str, key_id: str, error_id: str) -> ApplicationKey:
    application = application_of(call, project_id, application_id, error_id)
    key = call.store.application_keys.get(key_id)
    if key is None or key.application_id != application.id:
        raise not_found("Errors.AuthNKey.NotFound", error_id)
    return key


def _message(key: ApplicationKey) -> Key:
    return Key(
        id=key.id,
        details=details_of(key.details),
        type=KeyType.KEY_TYPE_JSON,
        expiration_date=timestamp(key.expiration_date),
    )
