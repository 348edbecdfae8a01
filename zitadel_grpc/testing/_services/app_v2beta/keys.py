"""Keys of applications that use private_key_jwt."""

from __future__ import annotations

import json

from zitadel_grpc.api.app.v2beta import ApplicationKey as Message
from zitadel_grpc.api.app.v2beta import (
    CreateApplicationKeyRequest,
    CreateApplicationKeyResponse,
    DeleteApplicationKeyRequest,
    DeleteApplicationKeyResponse,
    GetApplicationKeyRequest,
    GetApplicationKeyResponse,
    ListApplicationKeysRequest,
    ListApplicationKeysResponse,
)
from zitadel_grpc.api.filter.v2 import PaginationResponse
from zitadel_grpc.testing._keys import KeyPair, application_key_file
from zitadel_grpc.testing._rpc.lists import order_by, page_of
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.expiration import expiration_of
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check, may
from zitadel_grpc.testing._state.applications import Application, ApplicationKey, AuthMethod

_Row = tuple[ApplicationKey, Application]

# Indexed by ApplicationKeysSorting; all keys have the same type.
_ORDERS = (
    lambda row: row[0].id,
    lambda row: row[1].project_id,
    lambda row: row[1].id,
    lambda row: row[0].details.creation_date,
    lambda row: row[0].details.resource_owner,
    lambda row: row[0].expiration_date,
    lambda row: 0,
)


@rpc
def CreateApplicationKey(call: Call, request: CreateApplicationKeyRequest) -> CreateApplicationKeyResponse:
    application = call.store.applications.get(request.app_id.strip())
    if application is None or application.project_id != request.project_id.strip():
        raise failed_precondition("Application not found", "COMMAND-sak25")
    _check(call, "project.app.write", application)
    if application.auth_method is not AuthMethod.PRIVATE_KEY_JWT:
        raise failed_precondition("Chosen Auth Method does not require a key", "COMMAND-Dff54")
    request.expiration_date.SetInParent()  # ZITADEL treats a missing date as 1970
    expiration, pair = expiration_of(call, request), KeyPair.generate()
    details = call.store.new_details(application.details.resource_owner)
    key = ApplicationKey(call.store.new_id(), application.id, details, pair.public_pem, expiration)
    call.store.application_keys[key.id] = key
    return CreateApplicationKeyResponse(
        id=key.id,
        creation_date=timestamp(details.creation_date),
        key_details=json.dumps(application_key_file(pair, key, application.client_id)).encode(),
    )


@rpc
def GetApplicationKey(call: Call, request: GetApplicationKeyRequest) -> GetApplicationKeyResponse:
    key, application = _find(call, request, "QUERY-Dgr3g")
    _check(call, "project.app.read", application)
    return GetApplicationKeyResponse(
        id=key.id,
        creation_date=timestamp(key.details.creation_date),
        expiration_date=timestamp(key.expiration_date),
    )


@rpc
def ListApplicationKeys(call: Call, request: ListApplicationKeysRequest) -> ListApplicationKeysResponse:
    """Lists the keys of an application, project or organization, or all that the caller may see."""
    applications = call.store.applications
    all_rows = ((key, applications[key.application_id]) for key in call.store.application_keys.values())
    rows = [row for row in all_rows if _is_of(request, row) and _may_see(call, row[1])]
    page = limited(request.pagination)
    return ListApplicationKeysResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        keys=map(_message, page_of(rows, page, order=order_by(_ORDERS, request.sorting_column))),
    )


@rpc
def DeleteApplicationKey(call: Call, request: DeleteApplicationKeyRequest) -> DeleteApplicationKeyResponse:
    key, application = _find(call, request, "COMMAND-4m77G")
    _check(call, "project.app.write", application)
    call.store.remove(call.store.application_keys, key.id)
    return DeleteApplicationKeyResponse(deletion_date=timestamp(call.store.clock.datetime()))


def _find(call: Call, request: GetApplicationKeyRequest | DeleteApplicationKeyRequest, error_id: str) -> _Row:
    if (key := call.store.application_keys.get(request.id)) is None:
        raise not_found("Errors.AuthNKey.NotFound", error_id)
    application = call.store.applications[key.application_id]
    asked = {
        "project_id": application.project_id,
        "application_id": application.id,
        "organization_id": application.details.resource_owner,
    }
    if any(getattr(request, name) not in ("", value) for name, value in asked.items()):
        raise not_found("Errors.AuthNKey.NotFound", error_id)
    return key, application


def _is_of(request: ListApplicationKeysRequest, row: _Row) -> bool:
    key, application = row
    match request.WhichOneof("resource_id"):
        case "application_id":
            return application.id == request.application_id
        case "project_id":
            return application.project_id == request.project_id
        case "organization_id":
            return key.details.resource_owner == request.organization_id
    return True


def _may_see(call: Call, application: Application) -> bool:
    owner = application.details.resource_owner
    return may(call, "project.app.read", owner=owner, resource_id=application.project_id)


def _check(call: Call, permission: str, application: Application) -> None:
    check(call, permission, owner=application.details.resource_owner, resource_id=application.project_id)


def _message(row: _Row) -> Message:
    key, application = row
    return Message(
        id=key.id,
        application_id=application.id,
        project_id=application.project_id,
        creation_date=timestamp(key.details.creation_date),
        organization_id=key.details.resource_owner,
        expiration_date=timestamp(key.expiration_date),
    )
