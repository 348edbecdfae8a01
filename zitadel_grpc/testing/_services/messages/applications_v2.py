"""Applications as messages of the v2 APIs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zitadel_grpc.api.app.v2beta import (
    APIAuthMethodType,
    APIConfig,
    Application,
    AppState,
    CreateAPIApplicationRequest,
    CreateOIDCApplicationRequest,
    OIDCConfig,
    UpdateAPIApplicationConfigurationRequest,
    UpdateOIDCApplicationConfigurationRequest,
)
from zitadel_grpc.testing._services.messages import applications as v1
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._state import applications
from zitadel_grpc.testing._state.applications import AuthMethod, OidcSettings

_API_METHODS = {
    AuthMethod.BASIC: APIAuthMethodType.API_AUTH_METHOD_TYPE_BASIC,
    AuthMethod.PRIVATE_KEY_JWT: APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT,
}


def application_message(application: applications.Application) -> Application:
    message = Application(
        id=application.id,
        creation_date=timestamp(application.details.creation_date),
        change_date=timestamp(application.details.change_date),
        state=AppState.ValueType(application.state),
        name=application.name,
    )
    if application.oidc:
        message.oidc_config.CopyFrom(_oidc_config(application, application.oidc))
    else:
        method = _API_METHODS[application.auth_method]
        message.api_config.CopyFrom(APIConfig(client_id=application.client_id, auth_method_type=method))
    return message


def api_method(
    request: CreateAPIApplicationRequest | UpdateAPIApplicationConfigurationRequest,
) -> AuthMethod:
    return next(method for method, number in _API_METHODS.items() if number == request.auth_method_type)


def oidc_settings(request: CreateOIDCApplicationRequest) -> OidcSettings:
    settings = v1.oidc_settings(request)
    settings.response_types = _response_types(settings.response_types)
    return settings


def update_oidc_settings(settings: OidcSettings, request: UpdateOIDCApplicationConfigurationRequest) -> None:
    """Changes only the fields that the request sets."""
    for field, value in request.ListFields():
        if field.name == "clock_skew":
            settings.clock_skew = value.ToTimedelta()
        elif field.name == "response_types":
            settings.response_types = _response_types(value)
        elif hasattr(settings, field.name):
            setattr(settings, field.name, list(value) if field.is_repeated else value)


def _response_types(numbers: Any) -> list[int]:
    """Converts to the numbers of v1, which has no unspecified value."""
    return [max(number - 1, 0) for number in numbers]


def _oidc_config(application: applications.Application, settings: OidcSettings) -> OIDCConfig:
    values: dict[str, Any] = asdict(settings)
    values["response_types"] = [number + 1 for number in settings.response_types]
    return OIDCConfig(
        client_id=application.client_id,
        auth_method_type=int(application.auth_method),  # type: ignore[arg-type]
        allowed_origins=v1.allowed_origins(settings),
        **values,
    )
