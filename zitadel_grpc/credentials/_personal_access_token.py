"""PersonalAccessToken: a service user's long-lived token."""

from __future__ import annotations

import os
import re
from typing import Self

from zitadel_grpc import _file_content
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc.credentials._base import Credentials
from zitadel_grpc.credentials._bearer import bearer_token
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._secret_source import SecretFile, SecretSource
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import CredentialsError

_PATH = re.compile(r"(~|\.{0,2})[/\\]|[A-Za-z]:[/\\]")  # ZITADEL's tokens contain no slash
_READ_EVERY = 60.0  # seconds: channels with the plugin never learn that a token was refused


class PersonalAccessToken(Credentials):
    """A personal access token (PAT) of a service user. Whitespace around it is removed.

    Raises CredentialsError if it is empty or cannot be a token. If the server refuses the token, the call
    fails without a retry. A token file is read again when the server refuses its token, and every minute
    while calls are made. If it then contains another token, the refused call is retried with that.
    """

    _file: SecretFile | None = None

    @without_locals
    def __init__(self, token: str) -> None:
        self._use(SecretSource.given(_parsed(token, "the personal access token")))

    @classmethod
    @without_locals
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Reads the token from a file that contains nothing else. Raises CredentialsError, which names the
        file."""
        credentials = cls.__new__(cls)
        credentials._use(SecretSource.from_file(path, _parsed))
        return credentials

    def _use(self, source: SecretSource[Token]) -> None:
        self._load, self._file = source.load, source.file
        if source.file is None:
            super().__init__(initial_token=source.load(), renewable=False)
        else:
            super().__init__(initial_token=source.load(), renew_after=_READ_EVERY)

    def __repr__(self) -> str:
        return f"PersonalAccessToken({'…' if self._file is None else f'file={str(self._file)!r}'})"

    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        return self._load()


def _parsed(text: str, name: str) -> Token:
    token = bearer_token(text, name)
    if _PATH.match(token.value) or _file_content.is_file(token.value):
        raise CredentialsError(
            f"{name} is a path; use PersonalAccessToken.from_file, or ZITADEL_SERVICE_USER_TOKEN_FILE"
        )
    return token
