"""JwtProfile: a service user's key file, exchanged for tokens (RFC 7523 §2.1)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self

from zitadel_grpc import scopes as reserved
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc.credentials import _refusal_hints
from zitadel_grpc.credentials._base import Credentials
from zitadel_grpc.credentials._key_file import KeyFile, key_from_dict, key_from_file, key_from_json
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._secret_source import SecretSource
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_endpoint import Refused, discovered_issuer, request_token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import CredentialsError

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CLOCK_TOLERANCE = 2.0  # seconds; the Date header has whole seconds


class JwtProfile(Credentials):
    """A service user's key file. It is read again for each token, so a rotated key is used from the next
    token on.

        JwtProfile.from_file("/run/secrets/zitadel-key.json")

    `scopes` and `project_ids` (more audiences) are added to the scopes that ZITADEL's APIs need. If this
    machine's clock is wrong, requests use the server's time. `JwtProfile(data)` is the same as
    `JwtProfile.from_dict(data)`. Raises CredentialsError, which names the file and the field, if the key
    cannot be used.
    """

    _user_id = "…"

    @without_locals
    def __init__(
        self, data: Mapping[str, Any], *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()
    ) -> None:
        if not isinstance(data, Mapping):
            raise CredentialsError(
                f"JwtProfile takes a key file's JSON object, not {type(data).__name__}; use "
                "JwtProfile.from_file(path) or from_json(text)"
            )
        self._use(key_from_dict(data, "serviceaccount"), scopes, project_ids)

    @classmethod
    @without_locals
    def from_file(
        cls, path: str | os.PathLike[str], *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()
    ) -> Self:
        """Uses a key file created by ZITADEL."""
        credentials = cls.__new__(cls)
        credentials._use(key_from_file(path, "serviceaccount"), scopes, project_ids)
        return credentials

    @classmethod
    @without_locals
    def from_json(cls, text: str, *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()) -> Self:
        """Uses the content of a key file, for example from an environment variable."""
        credentials = cls.__new__(cls)
        credentials._use(key_from_json(text, "serviceaccount"), scopes, project_ids)
        return credentials

    @classmethod
    @without_locals
    def from_dict(
        cls, data: Mapping[str, Any], *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()
    ) -> Self:
        """Uses the JSON object in a key file."""
        return cls(data, scopes=scopes, project_ids=project_ids)

    def _use(self, source: SecretSource[KeyFile], scopes: Iterable[str], project_ids: Iterable[str]) -> None:
        super().__init__()
        self._load_key = source.load
        self._scope = reserved.join(scopes, project_ids)
        self._clock_offset = 0.0
        self._user_id = source.load().owner

    def __repr__(self) -> str:
        return f"JwtProfile(user_id={self._user_id!r})"

    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        key = self._load_key()
        result, offset = self._request(key, server, context, self._clock_offset), 0.0
        if isinstance(result, Refused):
            if result.server_time is not None:
                offset = result.server_time - time.time()
            if abs(offset - self._clock_offset) > _CLOCK_TOLERANCE:
                result = self._request(key, server, context, offset)
                if isinstance(result, Token):
                    self._clock_offset = offset  # kept only now that the clock is known to be the reason
        if isinstance(result, Refused):
            issuer = discovered_issuer(server, context)
            raise CredentialsError(_explained(result, key, server, offset, issuer), error=result.error)
        return result

    def _request(
        self, key: KeyFile, server: TokenServer, context: RefreshContext, offset: float
    ) -> Token | Refused:
        form = {
            "grant_type": _GRANT,
            "scope": self._scope,
            "assertion": key.sign(server.issuer, clock_offset=offset),
        }
        try:
            return request_token(server, form, context)
        except Refused as refusal:
            if refusal.error == "invalid_grant":
                return refusal
            failure = _refusal_hints.for_user(refusal)
        raise failure


def _explained(refused: Refused, key: KeyFile, server: TokenServer, offset: float, issuer: str | None) -> str:
    """Adds what the client knows: the server sends the same response whatever is wrong with an assertion."""
    if refused.server_time is None:
        clocks = "The server did not send its time."
    elif abs(offset) <= _CLOCK_TOLERANCE:
        clocks = "The clocks agree."
    else:
        way = "behind" if offset > 0 else "ahead of"
        clocks = (
            f"This machine's clock is {abs(offset):.0f} s {way} the server's; it was retried with the "
            "server's clock."
        )
    sent = f"iss = sub = userId {key.owner}, keyId {key.key_id}, aud {server.issuer}"
    text = f"{refused}. ZITADEL gives no reason. The assertion had {sent}. {clocks} "
    if issuer is not None and issuer != server.issuer:
        return (
            text + f"But the server's issuer is {issuer}: use that as the URL, or ConnectionOptions(issuer=…)"
        )
    check = "Check that the user still has this key and is active"
    if issuer is None:
        check += ", and that aud is ZITADEL's own domain (ConnectionOptions(issuer=…) changes it)"
    return text + check
