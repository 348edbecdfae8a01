"""Applications."""

from __future__ import annotations

from zitadel_grpc.api.app.v2beta import (
    CreateApplicationRequest,
    CreateApplicationResponse,
    DeactivateApplicationRequest,
    DeactivateApplicationResponse,
    DeleteApplicationRequest,
    DeleteApplicationResponse,
    GetApplicationRequest,
    GetApplicationResponse,
    ListApplicationsRequest,
    ListApplicationsResponse,
    ReactivateApplicationRequest,
    ReactivateApplicationResponse,
    RegenerateClientSecretRequest,
    RegenerateClientSecretResponse,
    UpdateApplicationRequest,
    UpdateApplicationResponse,
)
from zitadel_grpc.api.filter.v2 import PaginationResponse
from zitadel_grpc.testing._rpc.lists import Filters, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import failed_precondition, invalid_argument, not_found, unimplemented
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.applications import (
    add_application,
    change_api_method,
    change_oidc_settings,
    oidc_settings_of,
    rename,
    renew_secret,
)
from zitadel_grpc.testing._services.lookups_v2 import existing_project
from zitadel_grpc.testing._services.messages.applications_v2 import (
    api_method,
    application_message,
    oidc_settings,
    update_oidc_settings,
)
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check, may
from zitadel_grpc.testing._state.applications import Application, AuthMethod
from zitadel_grpc.testing._state.resources import State

_FILTERS: Filters[Application] = Filters(
    {
        "name_filter": text(lambda application: application.name),
        "state_filter": lambda state: lambda application: application.state == state,
        "api_app_only": lambda _: lambda application: application.oidc is None,
        "oidc_app_only": lambda _: lambda application: application.oidc is not None,
        "saml_app_only": lambda _: lambda _: False,
    }
)
# Indexed by AppSorting.
_ORDERS = (
    lambda application: application.id,
    lambda application: application.name.lower(),
    lambda application: application.state,
    lambda application: application.details.creation_date,
    lambda application: application.details.change_date,
)


@rpc
def GetApplication(call: Call, request: GetApplicationRequest) -> GetApplicationResponse:
    if (application := call.store.applications.get(request.id)) is None:
        raise not_found("Application not found", "QUERY-pCP8P")
    _check(call, "project.app.read", application)
    return GetApplicationResponse(app=application_message(application))


@rpc
def ListApplications(call: Call, request: ListApplicationsRequest) -> ListApplicationsResponse:
    """Lists the applications of one project. The response leaves out the applied limit, as in ZITADEL."""
    project = call.store.projects.get(request.project_id)
    visible = project and may(
        call, "project.app.read", owner=project.details.resource_owner, resource_id=project.id
    )
    of_project = (app for app in call.store.applications.values() if app.project_id == request.project_id)
    rows = _FILTERS.select(of_project if visible else (), request.filters)
    page = page_of(rows, limited(request.pagination), order=order_by(_ORDERS, request.sorting_column))
    return ListApplicationsResponse(
        pagination=PaginationResponse(total_result=len(rows)), applications=map(application_message, page)
    )


@rpc
def CreateApplication(call: Call, request: CreateApplicationRequest) -> CreateApplicationResponse:
    project = existing_project(call, request.project_id)
    if request.id in call.store.applications:
        raise failed_precondition("Errors.Project.App.AlreadyExisting", "PROJECT-mabu12")
    check(call, "project.app.write", owner=project.details.resource_owner, resource_id=project.id)
    match request.WhichOneof("creation_request_type"):
        case "api_request":
            method, settings = api_method(request.api_request), None
        case "oidc_request":
            method = AuthMethod(request.oidc_request.auth_method_type)
            settings = oidc_settings(request.oidc_request)
        case kind:
            raise unimplemented(f"{kind} is not implemented by the emulator")
    application = add_application(
        call, project, request.name, method, oidc=settings, application_id=request.id
    )
    response = CreateApplicationResponse(
        app_id=application.id, creation_date=timestamp(application.details.creation_date)
    )
    created = response.oidc_response if settings else response.api_response
    created.client_id, created.client_secret = application.client_id, application.secret or ""
    return response


@rpc
def UpdateApplication(call: Call, request: UpdateApplicationRequest) -> UpdateApplicationResponse:
    """Changes name and configuration separately: if the second fails, the first stays, as in ZITADEL."""
    kind, name = request.WhichOneof("update_request_type"), request.name.strip()
    error_id = "COMMAND-2n8uU" if kind and not name else "COMMAND-28di9"
    application = _find(call, request.project_id, request.id, error_id, "project.app.write")
    if name:
        rename(call, application, name)
    match kind:
        case "saml_configuration_request":
            raise invalid_argument("Application is not type SAML", "COMMAND-GBr35")
        case "api_configuration_request":
            change_api_method(call, application, api_method(request.api_configuration_request))
        case "oidc_configuration_request":
            change = request.oidc_configuration_request
            settings, method = oidc_settings_of(application), application.auth_method
            update_oidc_settings(settings, change)
            if change.HasField("auth_method_type"):
                method = AuthMethod(change.auth_method_type)
            change_oidc_settings(call, application, settings, method)
    return UpdateApplicationResponse(change_date=timestamp(application.details.change_date))


@rpc
def RegenerateClientSecret(
    call: Call, request: RegenerateClientSecretRequest
) -> RegenerateClientSecretResponse:
    error_id = "COMMAND-2g66f" if request.HasField("is_oidc") else "COMMAND-aeH4"
    application = _find(call, request.project_id, request.application_id, error_id, "project.app.write")
    secret = renew_secret(call, application)
    return RegenerateClientSecretResponse(
        client_secret=secret, creation_date=timestamp(application.details.change_date)
    )


@rpc
def DeactivateApplication(call: Call, request: DeactivateApplicationRequest) -> DeactivateApplicationResponse:
    application = _find(call, request.project_id, request.id, "COMMAND-sl9of", "project.app.write")
    if application.state is not State.ACTIVE:
        raise failed_precondition("Application is not active", "COMMAND-dsh35")
    application.state = State.INACTIVE
    details = call.store.touch(application.details)
    return DeactivateApplicationResponse(deactivation_date=timestamp(details.change_date))


@rpc
def ReactivateApplication(call: Call, request: ReactivateApplicationRequest) -> ReactivateApplicationResponse:
    application = _find(call, request.project_id, request.id, "COMMAND-ov9d3", "project.app.write")
    if application.state is not State.INACTIVE:
        raise failed_precondition("Application is not inactive", "COMMAND-1n8cM")
    application.state = State.ACTIVE
    details = call.store.touch(application.details)
    return ReactivateApplicationResponse(reactivation_date=timestamp(details.change_date))


@rpc
def DeleteApplication(call: Call, request: DeleteApplicationRequest) -> DeleteApplicationResponse:
    application = _find(call, request.project_id, request.id, "COMMAND-0po9s", "project.app.delete")
    call.store.remove_application(application.id)
    return DeleteApplicationResponse(deletion_date=timestamp(call.store.clock.datetime()))


def _find(call: Call, project_id: str, application_id: str, error_id: str, permission: str) -> Application:
    """Finds the application and checks the permission."""
    application = call.store.applications.get(application_id)
    if application is None or application.project_id != project_id:
        raise not_found("Application doesn't exist", error_id)
    _check(call, permission, application)
    return application


def _check(call: Call, permission: str, application: Application) -> None:
    check(call, permission, owner=application.details.resource_owner, resource_id=application.project_id)
