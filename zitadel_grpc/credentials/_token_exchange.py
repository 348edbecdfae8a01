"""TokenExchange: exchanges one token for another (RFC 8693), also to impersonate a user."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import Self

from zitadel_grpc import scopes as reserved
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_secret_like, trimmed
from zitadel_grpc.credentials._base import Credentials
from zitadel_grpc.credentials._client_authentication import ClientAuthenticator
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_endpoint import Refused, request_token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import ConfigurationError, TokenEndpointError

_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"

Subject = str | Credentials


class TokenType(enum.StrEnum):
    """The token types (RFC 8693 §3) that ZITADEL supports."""

    ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
    JWT = "urn:ietf:params:oauth:token-type:jwt"
    USER_ID = "urn:zitadel:params:oauth:token-type:user_id"


class TokenExchange(Credentials):
    """Exchanges `subject_token`, a token or credentials, for a new token. `client` authenticates the OIDC
    application that is allowed to do this: its ClientCredentials or ApplicationKey.

    The tokens of subject and actor need the application's project in their audience (`project_ids=` of their
    credentials). `requested_token_type` is `TokenType.ACCESS_TOKEN` (opaque) or `TokenType.JWT`.

    With an actor token, the new token impersonates the subject. Such tokens work in your own services only:
    ZITADEL's APIs refuse them with PERMISSION_DENIED, APP-Shi0J. Raises ConfigurationError if an argument is
    not valid.
    """

    @without_locals
    def __init__(
        self,
        client: ClientAuthenticator,
        subject_token: Subject,
        *,
        subject_token_type: str = TokenType.ACCESS_TOKEN,
        actor_token: Subject | None = None,
        actor_token_type: str = TokenType.ACCESS_TOKEN,
        requested_token_type: str = TokenType.ACCESS_TOKEN,
        scopes: Iterable[str] = (),
        project_ids: Iterable[str] = (),
    ) -> None:
        super().__init__()
        if requested_token_type not in (TokenType.ACCESS_TOKEN, TokenType.JWT):
            raise ConfigurationError(
                f"requested_token_type must be one of {TokenType.ACCESS_TOKEN}, {TokenType.JWT}"
            )
        if not callable(getattr(client, "authenticate", None)) or isinstance(client, type):
            raise ConfigurationError(
                f"client must be ClientCredentials or an ApplicationKey, not {type(client).__name__}"
            )
        self._client = client
        self._subject = _checked(subject_token, subject_token_type, "subject_token")
        self._actor = None
        if actor_token is not None:
            self._actor = _checked(actor_token, actor_token_type, "actor_token")
        self._subject_type, self._actor_type = subject_token_type, actor_token_type
        self._form = {
            "grant_type": _GRANT,
            "requested_token_type": str(requested_token_type),
            "scope": reserved.join(scopes, project_ids),
        }

    @classmethod
    @without_locals
    def impersonate(
        cls,
        client: ClientAuthenticator,
        user_id: str,
        *,
        actor: Subject,
        scopes: Iterable[str] = (),
        project_ids: Iterable[str] = (),
    ) -> Self:
        """Obtains tokens of the user `user_id` for `actor`, who needs an impersonator role. The instance's
        security settings must allow it. The tokens work in your own services only: ZITADEL's APIs refuse
        them."""
        return cls(
            client,
            user_id,
            subject_token_type=TokenType.USER_ID,
            actor_token=actor,
            scopes=scopes,
            project_ids=project_ids,
        )

    def __repr__(self) -> str:
        return f"TokenExchange(client={vars(self).get('_client')!r})"

    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        try:
            return self._exchange(server, context)
        except Refused as refusal:
            # "subject_token invalid": it may have been revoked, and its credentials may have a new one.
            tokens = {"subject_token": self._subject, "actor_token": self._actor}
            if not _dropped(tokens.get(refusal.description.partition(" ")[0]), server):
                raise
        return self._exchange(server, context)

    def _exchange(self, server: TokenServer, context: RefreshContext) -> Token:
        authentication = self._client.authenticate(server.issuer)
        form = {
            **self._form,
            "subject_token": _value(self._subject, server, context),
            "subject_token_type": str(self._subject_type),
            **(authentication.form or {}),
        }
        if self._actor is not None:
            form |= {
                "actor_token": _value(self._actor, server, context),
                "actor_token_type": str(self._actor_type),
            }
        return request_token(server, form, context, basic=authentication.basic)


def _checked(given: object, kind: object, name: str) -> Subject:
    """Raises ConfigurationError, which does not quote the arguments."""
    if not isinstance(kind, str) or not re.fullmatch("[!-~]+", kind):
        raise ConfigurationError(f"{name}_type must be a URN, such as {TokenType.ACCESS_TOKEN}")
    if isinstance(given, Credentials):
        return given
    if not isinstance(given, str):
        raise ConfigurationError(f"{name} must be a str or credentials, not {type(given).__name__}")
    text = trimmed(given)
    if not re.fullmatch("[!-~]+", text) or (kind == TokenType.USER_ID and is_secret_like(text)):
        what = "user id" if kind == TokenType.USER_ID else "token"
        raise ConfigurationError(f"{name} is not a valid {what}; pass it alone, without whitespace")
    return text


def _value(subject: Subject, server: TokenServer, context: RefreshContext) -> str:
    if isinstance(subject, str):
        return subject
    cache = subject._cache_for(server)
    try:
        header = cache.authorization() or cache.wait(context.remaining())
    except TimeoutError:
        raise TokenEndpointError(f"{subject!r} returned no token in time (token_timeout)") from None
    return header.removeprefix("Bearer ")


def _dropped(subject: Subject | None, server: TokenServer) -> bool:
    """Drops a refused token from its cache. False if a new token would not help."""
    if not isinstance(subject, Credentials):
        return False
    cache = subject._cache_for(server)
    header = cache.authorization()
    return header is not None and cache.refused(header)
