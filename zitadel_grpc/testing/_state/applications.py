"""Applications of projects, which are OAuth clients."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zitadel_grpc.testing._state.resources import Details, State


class AuthMethod(enum.IntEnum):
    """How a client authenticates, with the numbers of OIDCAuthMethodType."""

    BASIC = 0
    POST = 1
    NONE = 2
    PRIVATE_KEY_JWT = 3


@dataclass(slots=True)
class OidcSettings:
    """Settings of an OIDC application, with fields and numbers as in the protobufs."""

    redirect_uris: list[str] = field(default_factory=list)
    response_types: list[int] = field(default_factory=list)
    grant_types: list[int] = field(default_factory=list)
    app_type: int = 0
    post_logout_redirect_uris: list[str] = field(default_factory=list)
    version: int = 0
    dev_mode: bool = False
    access_token_type: int = 0
    access_token_role_assertion: bool = False
    id_token_role_assertion: bool = False
    id_token_userinfo_assertion: bool = False
    clock_skew: timedelta = timedelta()
    additional_origins: list[str] = field(default_factory=list)
    skip_native_app_success_page: bool = False
    back_channel_logout_uri: str = ""


@dataclass(slots=True)
class Application:
    """API applications have no `oidc` settings."""

    id: str
    project_id: str
    details: Details
    name: str
    client_id: str
    auth_method: AuthMethod
    oidc: OidcSettings | None = None
    secret: str | None = field(default=None, repr=False)
    state: State = State.ACTIVE


@dataclass(slots=True)
class ApplicationKey:
    """The public key (PEM). ZITADEL returns the private key once and does not store it."""

    id: str
    application_id: str
    details: Details
    public_key: bytes
    expiration_date: datetime
