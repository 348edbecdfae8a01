"""How a client proves itself at the token and introspection endpoints: by its secret, or by its key."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self
from urllib.parse import quote_plus

from zitadel_grpc import scopes as reserved
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_encodable, is_id, trimmed
from zitadel_grpc.credentials import _refusal_hints
from zitadel_grpc.credentials._base import Credentials, RefreshContext, Token, TokenServer
from zitadel_grpc.credentials._files import SecretFile
from zitadel_grpc.credentials._keyfile import KeyFile
from zitadel_grpc.credentials._token_endpoint import Refused, request_token
from zitadel_grpc.errors import CredentialsError

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Said of a secret until its write is seen, about a second later; and for good of one that was removed.
_NOT_SEEN_YET = "Errors.User.Machine.Secret.NotExisting"
_SEEN_WITHIN, _SEEN_PAUSE = 3.5, 1.0  # seconds


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """What goes into a request: an `Authorization` value, or form fields."""

    basic: str | None = None
    form: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return "ClientAuthentication(…)"


class ClientAuthenticator(Protocol):
    """A client that can prove itself to an issuer: ClientCredentials, ApplicationKey."""

    def authenticate(self, issuer: str) -> ClientAuthentication: ...


class ClientCredentials(Credentials):
    """A service user's client id and secret (RFC 6749 §4.4), sent by HTTP Basic, both parts form-encoded
    (§2.3.1).

    A secret that was made a moment ago, which ZITADEL does not know yet, is tried again for some seconds.
    Also proves an API or OIDC application, by its own id and secret, where a ClientAuthenticator is asked
    for. Raises CredentialsError if one of them is empty.
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
            raise CredentialsError("client_id is not a client id; it looks like a token, a key or JSON")
        self._client_id = client_id
        self._client_secret = trimmed(client_secret)
        if not is_encodable(self._client_secret):
            raise CredentialsError("client_secret holds bytes that are not text: check how it was read")
        self._scope = reserved.join(scopes, project_ids)

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={self._client_id!r})"

    @without_locals
    def authenticate(self, issuer: str) -> ClientAuthentication:
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
        return ClientAuthentication(basic=f"Basic {base64.b64encode(pair.encode()).decode()}")

    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        basic, secrets = self.authenticate(server.issuer).basic, [self._client_secret]
        give_up_at = time.monotonic() + min(_SEEN_WITHIN, refresh.remaining())
        while True:
            try:
                return request_token(server, form, refresh, basic=basic, secrets=secrets)
            except Refused as refusal:
                failure = _refusal_hints.of_client(refusal, self._client_id)
                seen_later = _NOT_SEEN_YET in refusal.description
            if not seen_later or time.monotonic() + _SEEN_PAUSE >= give_up_at:
                raise failure
            time.sleep(_SEEN_PAUSE)


class ApplicationKey:
    """An application's key file, for private_key_jwt (RFC 7523 §2.2) at the token and introspection
    endpoints.

    It proves an application, not a user: it is no credentials for calls. The file is read again for each
    proof. Raises CredentialsError that names the file and the field.
    """

    @without_locals
    def __init__(self, key: KeyFile, *, _file: SecretFile | None = None) -> None:
        if not isinstance(key, KeyFile):
            raise CredentialsError(
                "ApplicationKey takes a checked key: use ApplicationKey.from_file(path), from_json(text) or "
                "from_dict(data)"
            )
        self._key = key
        self._file = _file

    @classmethod
    @without_locals
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """From a key file as ZITADEL made it."""
        file = SecretFile(path)
        return cls(KeyFile.read(file, "application"), _file=file)

    @classmethod
    @without_locals
    def from_json(cls, text: str) -> Self:
        """From a key file's text."""
        return cls(KeyFile.from_json(text, "application"))

    @classmethod
    @without_locals
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From a key file's JSON object."""
        return cls(KeyFile.from_dict(data, "application"))

    def __repr__(self) -> str:
        key: KeyFile | None = vars(self).get("_key")
        return f"ApplicationKey(client_id={key.owner if key else '…'!r})"

    @without_locals
    def authenticate(self, issuer: str) -> ClientAuthentication:
        if self._file is not None:
            self._key = KeyFile.read(self._file, "application")
        return ClientAuthentication(
            form={"client_assertion_type": _ASSERTION_TYPE, "client_assertion": self._key.sign(issuer)}
        )
