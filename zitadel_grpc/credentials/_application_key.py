"""ApplicationKey: an application's key file, for private_key_jwt (RFC 7523 §2.2)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Self

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc.credentials._client_authentication import ClientAuthentication
from zitadel_grpc.credentials._key_file import KeyFile, key_from_dict, key_from_file, key_from_json
from zitadel_grpc.credentials._secret_source import SecretSource
from zitadel_grpc.errors import CredentialsError

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class ApplicationKey:
    """An application's key file, to authenticate at the token and introspection endpoints.

    It authenticates an application, not a user, so it cannot be the credentials of a client. The file is read
    again for each request. `ApplicationKey(data)` is the same as `ApplicationKey.from_dict(data)`. Raises
    CredentialsError, which names the file and the field, if the key cannot be used.
    """

    _client_id = "…"

    @without_locals
    def __init__(self, data: Mapping[str, Any]) -> None:
        if not isinstance(data, Mapping):
            raise CredentialsError(
                f"ApplicationKey takes a key file's JSON object, not {type(data).__name__}; use "
                "ApplicationKey.from_file(path) or from_json(text)"
            )
        self._use(key_from_dict(data, "application"))

    @classmethod
    @without_locals
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Uses a key file created by ZITADEL."""
        key = cls.__new__(cls)
        key._use(key_from_file(path, "application"))
        return key

    @classmethod
    @without_locals
    def from_json(cls, text: str) -> Self:
        """Uses the content of a key file."""
        key = cls.__new__(cls)
        key._use(key_from_json(text, "application"))
        return key

    @classmethod
    @without_locals
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Uses the JSON object in a key file."""
        return cls(data)

    def _use(self, source: SecretSource[KeyFile]) -> None:
        self._load_key = source.load
        self._client_id = source.load().owner

    def __repr__(self) -> str:
        return f"ApplicationKey(client_id={self._client_id!r})"

    @without_locals
    def authenticate(self, issuer: str) -> ClientAuthentication:
        """Returns the authentication of one request: a signed assertion."""
        return ClientAuthentication(
            form={"client_assertion_type": _ASSERTION_TYPE, "client_assertion": self._load_key().sign(issuer)}
        )
