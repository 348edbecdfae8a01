"""ClientCredentials: a client id and secret (RFC 6749 §4.4)."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from urllib.parse import quote_plus

from zitadel_grpc import scopes as reserved
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_encodable, is_id, trimmed
from zitadel_grpc.credentials import _refusal_hints
from zitadel_grpc.credentials._base import Credentials
from zitadel_grpc.credentials._client_authentication import ClientAuthentication
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_endpoint import Refused, request_token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import CredentialsError

# ZITADEL responds with this until a new secret takes effect, about a second later; also for a removed secret.
_NOT_YET_KNOWN = "Errors.User.Machine.Secret.NotExisting"
_KNOWN_WITHIN, _RETRY_PAUSE = 3.5, 1.0  # seconds


class ClientCredentials(Credentials):
    """A service user's client id and secret, sent with HTTP Basic authentication (RFC 6749 §2.3.1).

    If the secret is so new that ZITADEL does not know it yet, the request is retried for a few seconds. With
    the id and secret of an API or OIDC application, it also authenticates that application where a
    ClientAuthenticator is needed. Raises CredentialsError if a value is empty or not valid.
    """

    _client_id = "…"

    @without_locals
    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        scopes: Iterable[str] = (),
        project_ids: Iterable[str] = (),
    ) -> None:
        super().__init__()
        for name, value in (("client_id", client_id), ("client_secret", client_secret)):
            if not isinstance(value, str) or not trimmed(value):
                raise CredentialsError(f"{name} is empty or not a str")
        client_id = trimmed(client_id)
        if not is_id(client_id):
            raise CredentialsError("client_id is not valid: it looks like a token, a key or JSON")
        self._client_id = client_id
        self._client_secret = trimmed(client_secret)
        if not is_encodable(self._client_secret):
            raise CredentialsError("client_secret is not valid text; check how it was read")
        self._scope = reserved.join(scopes, project_ids)

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={self._client_id!r})"

    @without_locals
    def authenticate(self, issuer: str) -> ClientAuthentication:
        """Returns the authentication of one request: HTTP Basic."""
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
        return ClientAuthentication(basic=f"Basic {base64.b64encode(pair.encode()).decode()}")

    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        basic, secrets = self.authenticate(server.issuer).basic, [self._client_secret]
        give_up_at = time.monotonic() + min(_KNOWN_WITHIN, context.remaining())
        while True:
            try:
                return request_token(server, form, context, basic=basic, secrets=secrets)
            except Refused as refusal:
                failure = _refusal_hints.for_client(refusal, self._client_id)
                may_be_new = _NOT_YET_KNOWN in refusal.description
            if not may_be_new or time.monotonic() + _RETRY_PAUSE >= give_up_at:
                raise failure
            time.sleep(_RETRY_PAUSE)
