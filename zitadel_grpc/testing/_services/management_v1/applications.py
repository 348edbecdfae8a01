"""Applications of projects."""

from __future__ import annotations

from dataclasses import replace

from zitadel_grpc.api.app.v1 import APIAuthMethodType
from zitadel_grpc.api.management.v1 import (
    AddAPIAppRequest,
    AddAPIAppResponse,
    AddOIDCAppRequest,
    AddOIDCAppResponse,
    DeactivateAppRequest,
    DeactivateAppResponse,
    GetAppByIDRequest,
    GetAppByIDResponse,
    ListAppsRequest,
    ListAppsResponse,
    ReactivateAppRequest,
    ReactivateAppResponse,
    RegenerateAPIClientSecretRequest,
    RegenerateAPIClientSecretResponse,
    RegenerateOIDCClientSecretRequest,
    RegenerateOIDCClientSecretResponse,
    RemoveAppRequest,
    RemoveAppResponse,
    UpdateAPIAppConfigRequest,
    UpdateAPIAppConfigResponse,
    UpdateAppRequest,
    UpdateAppResponse,
    UpdateOIDCAppConfigRequest,
    UpdateOIDCAppConfigResponse,
)
from zitadel_grpc.testing._rpc.lists import Filters, page_of, text
from zitadel_grpc.testing._rpc.refusals import failed_precondition
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.applications import (
    add_application,
    change_api_method,
    change_oidc_settings,
    oidc_settings_of,
    rename,
    renew_secret,
)
from zitadel_grpc.testing._services.lookups import application_of, own_project, project_of
from zitadel_grpc.testing._services.messages.applications import app_message, oidc_settings
from zitadel_grpc.testing._services.messages.details import added, changed, list_details
from zitadel_grpc.testing._state.applications import Application, AuthMethod
from zitadel_grpc.testing._state.resources import State

_FILTERS: Filters[Application] = Filters({"name_query": text(lambda application: application.name)})
_API_METHODS = {
    APIAuthMethodType.API_AUTH_METHOD_TYPE_BASIC: AuthMethod.BASIC,
    APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT: AuthMethod.PRIVATE_KEY_JWT,
}


@rpc
def GetAppByID(call: Call, request: GetAppByIDRequest) -> GetAppByIDResponse:
    application = application_of(call, request.project_id, request.app_id, "QUERY-pCP8P")
    return GetAppByIDResponse(app=app_message(application))


@rpc
def ListApps(call: Call, request: ListAppsRequest) -> ListAppsResponse:
    project = project_of(call, request.project_id, "QUERY-fk2fs")
    of_project = (app for app in call.store.applications.values() if app.project_id == project.id)
    rows = _FILTERS.select(of_project, request.queries)
    return ListAppsResponse(
        details=list_details(call.store, len(rows)), result=map(app_message, page_of(rows, request.query))
    )


@rpc
def AddAPIApp(call: Call, request: AddAPIAppRequest) -> AddAPIAppResponse:
    project = own_project(call, request.project_id)
    application = add_application(call, project, request.name, _API_METHODS[request.auth_method_type])
    return AddAPIAppResponse(
        app_id=application.id,
        details=added(application.details),
        client_id=application.client_id,
        client_secret=application.secret or "",
    )


@rpc
def AddOIDCApp(call: Call, request: AddOIDCAppRequest) -> AddOIDCAppResponse:
    project = own_project(call, request.project_id)
    method = AuthMethod(request.auth_method_type)
    application = add_application(call, project, request.name, method, oidc=oidc_settings(request))
    return AddOIDCAppResponse(
        app_id=application.id,
        details=added(application.details),
        client_id=application.client_id,
        client_secret=application.secret or "",
    )


@rpc
def UpdateApp(call: Call, request: UpdateAppRequest) -> UpdateAppResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-28di9")
    rename(call, application, request.name)
    return UpdateAppResponse(details=changed(application.details))


@rpc
def UpdateAPIAppConfig(call: Call, request: UpdateAPIAppConfigRequest) -> UpdateAPIAppConfigResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-2n8uU")
    change_api_method(call, application, _API_METHODS[request.auth_method_type])
    return UpdateAPIAppConfigResponse(details=changed(application.details))


@rpc
def UpdateOIDCAppConfig(call: Call, request: UpdateOIDCAppConfigRequest) -> UpdateOIDCAppConfigResponse:
    """Replaces all settings: missing ones get their defaults. The version stays."""
    application = application_of(call, request.project_id, request.app_id, "COMMAND-2n8uU")
    settings = replace(oidc_settings(request), version=oidc_settings_of(application).version)
    change_oidc_settings(call, application, settings, AuthMethod(request.auth_method_type))
    return UpdateOIDCAppConfigResponse(details=changed(application.details))


@rpc
def RegenerateAPIClientSecret(
    call: Call, request: RegenerateAPIClientSecretRequest
) -> RegenerateAPIClientSecretResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-aeH4")
    secret = renew_secret(call, application)
    return RegenerateAPIClientSecretResponse(client_secret=secret, details=changed(application.details))


@rpc
def RegenerateOIDCClientSecret(
    call: Call, request: RegenerateOIDCClientSecretRequest
) -> RegenerateOIDCClientSecretResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-2g66f")
    secret = renew_secret(call, application)
    return RegenerateOIDCClientSecretResponse(client_secret=secret, details=changed(application.details))


@rpc
def DeactivateApp(call: Call, request: DeactivateAppRequest) -> DeactivateAppResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-sl9of")
    if application.state is not State.ACTIVE:
        raise failed_precondition("Application is not active", "COMMAND-dsh35")
    application.state = State.INACTIVE
    return DeactivateAppResponse(details=changed(call.store.touch(application.details)))


@rpc
def ReactivateApp(call: Call, request: ReactivateAppRequest) -> ReactivateAppResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-ov9d3")
    if application.state is not State.INACTIVE:
        raise failed_precondition("Application is not inactive", "COMMAND-1n8cM")
    application.state = State.ACTIVE
    return ReactivateAppResponse(details=changed(call.store.touch(application.details)))


@rpc
def RemoveApp(call: Call, request: RemoveAppRequest) -> RemoveAppResponse:
    application = application_of(call, request.project_id, request.app_id, "COMMAND-0po9s")
    call.store.remove_application(application.id)
    return RemoveAppResponse(details=changed(call.store.touch(application.details)))
