"""SystemUser: signs its own tokens for the System API, without a token endpoint."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_id, trimmed
from zitadel_grpc.credentials._base import Credentials
from zitadel_grpc.credentials._private_key import ISSUED_BEFORE, load_private_key, sign_assertion
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._secret_source import SecretSource
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_LIFETIME = 600.0  # seconds


class SystemUser(Credentials):
    """A user of the System API from ZITADEL's own configuration, with its RSA private key (PEM).

    It signs a new token before the current one expires, after ten minutes. A key file is read again for each
    token. A system user belongs to no organization: pass `org_id` to call the APIs of an organization. Raises
    CredentialsError if the key cannot be used.
    """

    _user_id = "…"

    @without_locals
    def __init__(self, user_id: str, private_key: str | bytes) -> None:
        user_id = _checked_id(user_id)
        key = load_private_key(private_key, "the system user's private key")
        self._use(user_id, SecretSource.given(key))

    @classmethod
    @without_locals
    def from_file(cls, user_id: str, path: str | os.PathLike[str]) -> Self:
        """Uses the private key in a PEM file."""
        credentials = cls.__new__(cls)
        credentials._use(_checked_id(user_id), SecretSource.from_file(path, load_private_key))
        return credentials

    def _use(self, user_id: str, source: SecretSource[RSAPrivateKey]) -> None:
        super().__init__()
        source.load()  # raises here, not in the first call, if the key cannot be used
        self._user_id = user_id
        self._load_key = source.load

    def __repr__(self) -> str:
        return f"SystemUser({self._user_id!r})"

    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        signed = sign_assertion(
            self._user_id, server.issuer, self._load_key(), lifetime=_LIFETIME + ISSUED_BEFORE
        )
        return Token(signed, _LIFETIME)


def _checked_id(user_id: object) -> str:
    if not isinstance(user_id, str) or not trimmed(user_id):
        raise CredentialsError(
            "user_id is empty or not a str; pass the name of the system user in ZITADEL's configuration"
        )
    user_id = trimmed(user_id)
    if not is_id(user_id):
        raise CredentialsError("user_id is not valid: it looks like a token, a key or JSON")
    return user_id
