"""Applications as messages of the v1 APIs."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zitadel_grpc.api.app.v1 import APIAuthMethodType, APIConfig, App, AppState, OIDCConfig
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._state.applications import Application, AuthMethod, OidcSettings

if TYPE_CHECKING:
    from zitadel_grpc.api.app.v2beta import CreateOIDCApplicationRequest
    from zitadel_grpc.api.management.v1 import AddOIDCAppRequest, UpdateOIDCAppConfigRequest


def app_message(application: Application) -> App:
    message = App(
        id=application.id,
        details=details_of(application.details),
        state=AppState.ValueType(application.state),
        name=application.name,
    )
    if application.oidc:
        message.oidc_config.CopyFrom(_oidc_config(application, application.oidc))
    else:
        basic = application.auth_method is AuthMethod.BASIC
        kind = APIAuthMethodType.API_AUTH_METHOD_TYPE_BASIC
        if not basic:
            kind = APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT
        message.api_config.CopyFrom(APIConfig(client_id=application.client_id, auth_method_type=kind))
    return message


def oidc_settings(
    request: AddOIDCAppRequest | UpdateOIDCAppConfigRequest | CreateOIDCApplicationRequest,
) -> OidcSettings:
    """The request has a field with the same name for each setting. Updates have no version."""
    values: dict[str, Any] = {
        field.name: getattr(request, field.name)
        for field in fields(OidcSettings)
        if hasattr(request, field.name)
    }
    values["clock_skew"] = request.clock_skew.ToTimedelta()
    return OidcSettings(**{name: _plain(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    """Converts a protobuf list to a Python list."""
    return value if isinstance(value, str | int | timedelta) else list(value)


def _oidc_config(application: Application, settings: OidcSettings) -> OIDCConfig:
    values: dict[str, Any] = asdict(settings)
    return OIDCConfig(
        client_id=application.client_id,
        auth_method_type=int(application.auth_method),  # type: ignore[arg-type]
        allowed_origins=allowed_origins(settings),
        **values,
    )


def allowed_origins(settings: OidcSettings) -> list[str]:
    """Returns the origins of the redirect URIs and the additional ones."""
    origins = (_origin(uri) for uri in settings.redirect_uris)
    return list(dict.fromkeys([*filter(None, origins), *settings.additional_origins]))


def _origin(uri: str) -> str | None:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else None
