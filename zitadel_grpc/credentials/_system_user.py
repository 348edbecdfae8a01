"""SystemUser: the System API's own kind of token, signed on this side; no token endpoint takes part."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_id, trimmed
from zitadel_grpc.credentials._base import Credentials, RefreshContext, Token, TokenServer
from zitadel_grpc.credentials._files import SecretFile
from zitadel_grpc.credentials._keyfile import load_private_key, sign_jwt
from zitadel_grpc.errors import CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_LIFE = 600  # seconds
_CLOCK_ALLOWANCE = 60  # the JWT's life is counted from an `iat` set back by this


class SystemUser(Credentials):
    """A user of the System API, as set in ZITADEL's own configuration, with its RSA private key (PEM).

    Its tokens live ten minutes and are signed again before they end; a key file is read again for each.
    Raises CredentialsError for a key that cannot be used. Without `org_id` the APIs of an organization find
    none: a system user belongs to no organization.
    """

    _user_id = "…"

    @without_locals
    def __init__(self, user_id: str, private_key: str | bytes, *, _file: SecretFile | None = None) -> None:
        super().__init__()
        if not isinstance(user_id, str) or not trimmed(user_id):
            raise CredentialsError(
                "user_id is empty: give the system user's name as in ZITADEL's configuration"
            )
        user_id = trimmed(user_id)
        if not is_id(user_id):
            raise CredentialsError("user_id is not a user id; it looks like a token, a key or JSON")
        self._user_id = user_id
        self._file = _file
        self._key = self._checked(private_key)

    @classmethod
    @without_locals
    def from_file(cls, user_id: str, path: str | os.PathLike[str]) -> Self:
        """With the private key from a PEM file."""
        file = SecretFile(path)
        return cls(user_id, file.read(), _file=file)

    def __repr__(self) -> str:
        return f"SystemUser({self._user_id!r})"

    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        if self._file is not None:
            self._key = self._checked(self._file.read())
        signed = sign_jwt(self._user_id, server.issuer, self._key, life=_LIFE + _CLOCK_ALLOWANCE)
        return Token(signed, _LIFE)

    def _checked(self, pem: str | bytes) -> RSAPrivateKey:
        source = "the system user's private key" if self._file is None else str(self._file)
        return load_private_key(pem, source)
