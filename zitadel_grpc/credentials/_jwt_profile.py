"""JwtProfile: a service user's key file, exchanged for tokens (RFC 7523 §2.1)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from zitadel_grpc import scopes as reserved
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc.credentials import _refusal_hints
from zitadel_grpc.credentials._base import Credentials, RefreshContext, Token, TokenServer
from zitadel_grpc.credentials._files import SecretFile
from zitadel_grpc.credentials._keyfile import KeyFile
from zitadel_grpc.credentials._token_endpoint import Refused, discovered_issuer, request_token
from zitadel_grpc.errors import CredentialsError

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CLOCKS_AGREE = 2.0  # seconds; the Date header tells whole ones


class JwtProfile(Credentials):
    """A service user's key. Its file is read again for each token, so that a rotated key is used from the
    next one on.

    `scopes` and `project_ids` (further audiences) add to what ZITADEL's APIs need. The key is checked here:
    raises CredentialsError that names the file and the field. Time of the server and of this machine may
    differ: the server's clock is used where it refuses this one's.

        JwtProfile.from_file("/run/secrets/zitadel-key.json")
    """

    _user_id = "…"

    @without_locals
    def __init__(
        self, load: Callable[[], KeyFile], *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()
    ) -> None:
        super().__init__()
        if not callable(load):
            raise CredentialsError(
                "JwtProfile takes a function that reads the key: use JwtProfile.from_file(path), "
                "from_json(text) or from_dict(data)"
            )
        self._load = load
        self._scope = reserved.join(scopes, project_ids)
        self._clock_offset = 0.0
        self._user_id = load().owner

    @classmethod
    @without_locals
    def from_file(
        cls, path: str | os.PathLike[str], *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()
    ) -> Self:
        """From a key file as ZITADEL made it."""
        file = SecretFile(path)
        return cls(lambda: KeyFile.read(file, "serviceaccount"), scopes=scopes, project_ids=project_ids)

    @classmethod
    @without_locals
    def from_json(cls, text: str, *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()) -> Self:
        """From a key file's text, as from an environment variable."""
        key = KeyFile.from_json(text, "serviceaccount")
        return cls(lambda: key, scopes=scopes, project_ids=project_ids)

    @classmethod
    @without_locals
    def from_dict(
        cls, data: Mapping[str, Any], *, scopes: Iterable[str] = (), project_ids: Iterable[str] = ()
    ) -> Self:
        """From a key file's JSON object."""
        key = KeyFile.from_dict(data, "serviceaccount")
        return cls(lambda: key, scopes=scopes, project_ids=project_ids)

    def __repr__(self) -> str:
        return f"JwtProfile(user_id={self._user_id!r})"

    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        key = self._load()
        answer, offset = self._ask(key, server, refresh, self._clock_offset), 0.0
        if isinstance(answer, Refused):
            if answer.server_time is not None:
                offset = answer.server_time - time.time()
            if abs(offset - self._clock_offset) > _CLOCKS_AGREE:
                answer = self._ask(key, server, refresh, offset)
                if isinstance(answer, Token):
                    self._clock_offset = offset  # only now: it was the reason
        if isinstance(answer, Refused):
            issuer = discovered_issuer(server, refresh)
            raise CredentialsError(_explained(answer, key, server, offset, issuer), error=answer.error)
        return answer

    def _ask(
        self, key: KeyFile, server: TokenServer, refresh: RefreshContext, offset: float
    ) -> Token | Refused:
        form = {
            "grant_type": _GRANT,
            "scope": self._scope,
            "assertion": key.sign(server.issuer, clock_offset=offset),
        }
        try:
            return request_token(server, form, refresh)
        except Refused as refusal:
            if refusal.error == "invalid_grant":
                return refusal
            failure = _refusal_hints.of_user(refusal)
        raise failure


def _explained(refused: Refused, key: KeyFile, server: TokenServer, offset: float, issuer: str | None) -> str:
    """All that this side knows: the server gives one answer for every fault of an assertion."""
    if refused.server_time is None:
        clocks = "the server did not tell its time"
    elif abs(offset) <= _CLOCKS_AGREE:
        clocks = "the clocks agree"
    else:
        way = "behind" if offset > 0 else "ahead of"
        clocks = f"this machine's clock is {abs(offset):.0f} s {way} the server's (whose was tried too)"
    sent = f"iss = sub = userId {key.owner}, keyId {key.key_id}, aud {server.issuer}"
    told = f"{refused}. ZITADEL does not say why; sent were {sent}; {clocks}. "
    if issuer is not None and issuer != server.issuer:
        return told + (
            f"But this server calls itself {issuer}: give that as the URL, or as ConnectionOptions(issuer=…)"
        )
    look = "Look whether the user still has this key and is active"
    if issuer is None:
        look += (
            ", and whether aud is the domain under which ZITADEL knows itself (ConnectionOptions(issuer=…) "
            "sets another)"
        )
    return told + look
