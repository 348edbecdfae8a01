"""KeyFile: the key files that ZITADEL creates, checked when they are read."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_id, is_path, trimmed
from zitadel_grpc.credentials._private_key import load_private_key, sign_assertion
from zitadel_grpc.credentials._secret_source import SecretSource
from zitadel_grpc.credentials._wrapping import unwrapped
from zitadel_grpc.errors import CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Kind = Literal["serviceaccount", "application"]

_OWNER = {"serviceaccount": "userId", "application": "clientId"}
_NAMES = {
    "serviceaccount": "the key of a service user (JwtProfile)",
    "application": "the key of an application (ApplicationKey)",
}


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A checked key file. `owner` is the userId, or the clientId of an application."""

    kind: Kind
    key_id: str
    owner: str
    private_key: RSAPrivateKey = field(repr=False)
    expires_at: datetime.datetime | None = None
    source: str = "the key"

    @classmethod
    @without_locals
    def from_json(cls, text: str, kind: Kind, *, source: str = "the key") -> KeyFile:
        """Raises CredentialsError, which names `source` and the field, never the content."""
        if not isinstance(text, str):
            raise CredentialsError(f"{source} must be a str, not {type(text).__name__}")
        data: Any = None
        text, problem = unwrapped(text), ""
        if is_path(text):
            raise CredentialsError(
                f"{source} is a path; use from_file, or ZITADEL_KEY_PATH instead of ZITADEL_KEY_JSON"
            )
        if text.startswith("-----BEGIN"):
            raise CredentialsError(
                f"{source} is only the PEM key, without its id and user; pass the whole key file, or use "
                "SystemUser(user_id, private_key) for the System API"
            )
        try:
            # Not strict: shells and templates often turn `\n` in the key into line breaks.
            data = json.loads(text, strict=False)
        except json.JSONDecodeError as error:
            problem = f"is not valid JSON (line {error.lineno}, column {error.colno})"
        except (ValueError, RecursionError):
            problem = "is not valid JSON"
        if problem:  # raised outside of `except`: a JSONDecodeError contains the whole text
            raise CredentialsError(f"{source} {problem}; pass the key file as ZITADEL created it")
        return cls.from_dict(data, kind, source=source)

    @classmethod
    @without_locals
    def from_dict(cls, data: Mapping[str, Any], kind: Kind, *, source: str = "the key") -> KeyFile:
        """Raises CredentialsError, which names `source` and the field, never the content."""
        if not isinstance(data, Mapping):
            raise CredentialsError(f"{source} is not a JSON object; pass the key file as ZITADEL created it")
        found = data.get("type")
        if found != kind:
            is_known = isinstance(found, str) and found in _NAMES
            what = (
                f"is {_NAMES[str(found)]}" if is_known else "does not have the `type` of a ZITADEL key file"
            )
            raise CredentialsError(f"{source} {what}; it must be {_NAMES[kind]}, `type` {kind!r}")
        texts = {}
        for name in ("keyId", "key", _OWNER[kind]):
            value = data.get(name)
            if not isinstance(value, str) or not trimmed(value):
                raise CredentialsError(
                    f"{source} has no {name!r}; create a key of type JSON and pass its file unchanged"
                )
            texts[name] = trimmed(value)
        for name in ("keyId", _OWNER[kind]):
            if not is_id(texts[name]):
                raise CredentialsError(f"{name!r} in {source} is not an id; pass the key file unchanged")
        private_key = load_private_key(texts["key"], f"'key' in {source}")
        expires_at = _expiry(data.get("expirationDate"), source)
        key = cls(kind, texts["keyId"], texts[_OWNER[kind]], private_key, expires_at, source)
        key._check_expiry()
        return key

    @without_locals
    def sign(self, audience: str, *, clock_offset: float = 0.0) -> str:
        """The assertion for the issuer `audience`. `clock_offset` is the server's clock minus this machine's,
        in seconds.

        Raises CredentialsError if the key has expired since it was read.
        """
        self._check_expiry()
        return sign_assertion(
            self.owner, audience, self.private_key, key_id=self.key_id, clock_offset=clock_offset
        )

    def _check_expiry(self) -> None:
        if self.expires_at is not None and self.expires_at <= datetime.datetime.now(datetime.UTC):
            raise CredentialsError(
                f"{self.source} expired ('expirationDate' {self.expires_at.isoformat()}); create a new key"
            )


def key_from_file(path: str | os.PathLike[str], kind: Kind) -> SecretSource[KeyFile]:
    return SecretSource.from_file(path, lambda text, name: KeyFile.from_json(text, kind, source=name))


def key_from_json(text: str, kind: Kind) -> SecretSource[KeyFile]:
    return SecretSource.given(KeyFile.from_json(text, kind))


def key_from_dict(data: Mapping[str, Any], kind: Kind) -> SecretSource[KeyFile]:
    return SecretSource.given(KeyFile.from_dict(data, kind))


def _expiry(value: object, source: str) -> datetime.datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        moment = None
    if moment is None:
        raise CredentialsError(f"'expirationDate' in {source} is not a valid RFC 3339 time")
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
