"""Applications, however an API adds them."""

from __future__ import annotations

from zitadel_grpc.testing.rpc.refusals import already_exists, failed_precondition
from zitadel_grpc.testing.rpc.services import Call
from zitadel_grpc.testing.services.secrets import new_secret
from zitadel_grpc.testing.state.applications import Application, AuthMethod, OidcSettings
from zitadel_grpc.testing.state.projects import Project

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
    """Raises Refusal if the project has one of that name."""
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


def renew_secret(call: Call, application: Application) -> str:
    """Raises Refusal if the application does not prove itself by a secret."""
    if application.auth_method not in _WITH_SECRET:
        raise failed_precondition("Chosen Auth Method does not require a secret", "COMMAND-Ghrh3")
    application.secret = new_secret()
    call.store.touch(application.details)
    return application.secret
