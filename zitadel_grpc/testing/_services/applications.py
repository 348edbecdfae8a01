"""Applications, for all APIs."""

from __future__ import annotations

from dataclasses import replace

from zitadel_grpc.testing._rpc.refusals import Refusal, already_exists, failed_precondition, invalid_argument
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._services.secrets import new_secret
from zitadel_grpc.testing._state.applications import Application, AuthMethod, OidcSettings
from zitadel_grpc.testing._state.projects import Project

_WITH_SECRET = (AuthMethod.BASIC, AuthMethod.POST)


def add_application(
    call: Call,
    project: Project,
    name: str,
    method: AuthMethod,
    *,
    oidc: OidcSettings | None = None,
    application_id: str = "",
) -> Application:
    """Raises Refusal if the project has an application with this name."""
    store = call.store
    if any((app.project_id, app.name) == (project.id, name) for app in store.applications.values()):
        raise already_exists("Application already exists", "V3-DKcYh")
    application = Application(
        id=application_id or store.new_id(),
        project_id=project.id,
        details=store.new_details(project.details.resource_owner),
        name=name,
        client_id=store.new_id(),
        auth_method=method,
        oidc=oidc,
        secret=new_secret() if method in _WITH_SECRET else None,
    )
    store.applications[application.id] = application
    return application


def rename(call: Call, application: Application, name: str) -> None:
    """Raises Refusal if the name stays the same."""
    if application.name == name:
        raise failed_precondition("No changes", "COMMAND-2m8vx")
    application.name = name
    call.store.touch(application.details)


def change_api_method(call: Call, application: Application, method: AuthMethod) -> None:
    """Raises Refusal if it is not an API application, or if nothing changes."""
    if application.oidc:
        raise invalid_argument("Application is not type API", "COMMAND-Gnwt3")
    if application.auth_method is method:
        raise _no_changes()
    application.auth_method = method
    call.store.touch(application.details)


def oidc_settings_of(application: Application) -> OidcSettings:
    """Returns a copy of the settings to change. Raises Refusal if it is not an OIDC application."""
    if application.oidc is None:
        raise invalid_argument("Application is not type OIDC", "COMMAND-GBr34")
    return replace(application.oidc)


def change_oidc_settings(
    call: Call, application: Application, settings: OidcSettings, method: AuthMethod
) -> None:
    """Raises Refusal if nothing changes."""
    if (application.oidc, application.auth_method) == (settings, method):
        raise _no_changes()
    application.oidc, application.auth_method = settings, method
    call.store.touch(application.details)


def _no_changes() -> Refusal:
    return failed_precondition("No changes", "COMMAND-1m88i")


def renew_secret(call: Call, application: Application) -> str:
    """Raises Refusal if the application does not use a secret."""
    if application.auth_method not in _WITH_SECRET:
        raise failed_precondition("Chosen Auth Method does not require a secret", "COMMAND-Ghrh3")
    application.secret = new_secret()
    call.store.touch(application.details)
    return application.secret
