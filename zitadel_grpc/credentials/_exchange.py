"""TokenExchange: one token for another (RFC 8693), impersonation included."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from zitadel_grpc import scopes as reserved
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_secret_like, trimmed
from zitadel_grpc.credentials._base import Credentials, RefreshContext, Token, TokenServer
from zitadel_grpc.credentials._client import ClientAuthenticator
from zitadel_grpc.credentials._token_endpoint import Refused, request_token
from zitadel_grpc.errors import ConfigurationError, TokenEndpointError

_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
JWT = "urn:ietf:params:oauth:token-type:jwt"
USER_ID = "urn:zitadel:params:oauth:token-type:user_id"

Subject = str | Credentials


class TokenExchange(Credentials):
    """Exchanges `subject_token` (a token, or credentials that give one) for a token of its own, by `client`,
    an OIDC application that may do so (its ClientCredentials or ApplicationKey).

    The tokens of subject and actor need the application's project in their audience (`project_ids=` of their
    credentials). `requested_token_type` is ACCESS_TOKEN (opaque) or JWT.

    With an actor this is impersonation, whose tokens are for one's own services only: ZITADEL's APIs refuse
    them with PERMISSION_DENIED, APP-Shi0J.
    """

    @without_locals
    def __init__(
        self,
        client: ClientAuthenticator,
        subject_token: Subject,
        *,
        subject_token_type: str = ACCESS_TOKEN,
        actor_token: Subject | None = None,
        actor_token_type: str = ACCESS_TOKEN,
        requested_token_type: str = ACCESS_TOKEN,
        scopes: Iterable[str] = (),
        project_ids: Iterable[str] = (),
    ) -> None:
        super().__init__()
        if requested_token_type not in (ACCESS_TOKEN, JWT):
            raise ConfigurationError(f"requested_token_type must be one of {ACCESS_TOKEN}, {JWT}")
        if not callable(getattr(client, "authenticate", None)) or isinstance(client, type):
            raise ConfigurationError(
                f"client must be ClientCredentials or an ApplicationKey, not a {type(client).__name__}"
            )
        self._client = client
        self._subject = _checked(subject_token, subject_token_type, "subject_token")
        self._actor = None
        if actor_token is not None:
            self._actor = _checked(actor_token, actor_token_type, "actor_token")
        self._subject_type, self._actor_type = subject_token_type, actor_token_type
        self._form = {
            "grant_type": _GRANT,
            "requested_token_type": requested_token_type,
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
        """A token of the user `user_id`, asked for by `actor`, who needs an impersonator role; the instance's
        security settings must allow it. For one's own services only: ZITADEL's APIs refuse such tokens."""
        return cls(
            client,
            user_id,
            subject_token_type=USER_ID,
            actor_token=actor,
            scopes=scopes,
            project_ids=project_ids,
        )

    def __repr__(self) -> str:
        return f"TokenExchange(client={vars(self).get('_client')!r})"

    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        try:
            return self._exchange(server, refresh)
        except Refused as refusal:
            # "subject_token invalid": it may have been revoked, and another may be had.
            tokens = {"subject_token": self._subject, "actor_token": self._actor}
            if not _dropped(tokens.get(refusal.description.partition(" ")[0]), server):
                raise
        return self._exchange(server, refresh)

    def _exchange(self, server: TokenServer, refresh: RefreshContext) -> Token:
        proof = self._client.authenticate(server.issuer)
        form = {
            **self._form,
            "subject_token": _value(self._subject, server, refresh),
            "subject_token_type": self._subject_type,
            **(proof.form or {}),
        }
        if self._actor is not None:
            form |= {
                "actor_token": _value(self._actor, server, refresh),
                "actor_token_type": self._actor_type,
            }
        return request_token(server, form, refresh, basic=proof.basic)


def _checked(given: object, kind: object, name: str) -> Subject:
    """Raises ConfigurationError, which quotes neither."""
    if not isinstance(kind, str) or not re.fullmatch("[!-~]+", kind):
        raise ConfigurationError(f"{name}_type must be a URN, such as {ACCESS_TOKEN}")
    if isinstance(given, Credentials):
        return given
    if not isinstance(given, str):
        raise ConfigurationError(f"{name} must be a str or credentials, not a {type(given).__name__}")
    text = trimmed(given)
    if not re.fullmatch("[!-~]+", text) or (kind == USER_ID and is_secret_like(text)):
        what = "user id" if kind == USER_ID else "token"
        raise ConfigurationError(f"{name} is not a {what}: give it alone, without whitespace in it")
    return text


def _value(subject: Subject, server: TokenServer, refresh: RefreshContext) -> str:
    if isinstance(subject, str):
        return subject
    cache = subject.cache_for(server)
    try:
        header = cache.authorization() or cache.wait(refresh.remaining())
    except TimeoutError:
        raise TokenEndpointError(f"no token of {subject!r} in time (token_timeout)") from None
    return header.removeprefix("Bearer ")


def _dropped(subject: Subject | None, server: TokenServer) -> bool:
    """Drops a refused token from its cache; False if it has no successor."""
    if not isinstance(subject, Credentials):
        return False
    cache = subject.cache_for(server)
    header = cache.authorization()
    return header is not None and cache.refused(header)
