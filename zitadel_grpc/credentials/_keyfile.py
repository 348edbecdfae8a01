"""Key files as ZITADEL makes them, checked when they are read, and the JWTs signed with them (RFC 7523
§3)."""

from __future__ import annotations

import datetime
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_id, is_path, trimmed
from zitadel_grpc.credentials._files import SecretFile
from zitadel_grpc.credentials._workers import NO_FORK
from zitadel_grpc.credentials._wrapping import unwrapped
from zitadel_grpc.errors import CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Kind = Literal["serviceaccount", "application"]

_OWNER = {"serviceaccount": "userId", "application": "clientId"}
_NAMES = {
    "serviceaccount": "a service user's key (JwtProfile)",
    "application": "an application's key (ApplicationKey)",
}
# A clock up to a minute ahead of ZITADEL's does no harm (it takes an `iat` up to 3 s ahead, and up to 1 h
# old), nor does one nearly an hour behind.
_ISSUED_BEFORE, _LIFE = 60, 3600


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
    def read(cls, file: SecretFile, kind: Kind) -> KeyFile:
        """Reads a key file. Raises CredentialsError that names the file and the field, never its content."""
        return cls.from_json(file.read(), kind, source=str(file))

    @classmethod
    @without_locals
    def from_json(cls, text: str, kind: Kind, *, source: str = "the key") -> KeyFile:
        if not isinstance(text, str):
            raise CredentialsError(f"{source} must be a str, not {type(text).__name__}")
        data: Any = None
        text, fault = unwrapped(text), ""
        if is_path(text):
            raise CredentialsError(
                f"{source} is a path: use from_file, or ZITADEL_KEY_PATH in place of ZITADEL_KEY_JSON"
            )
        if text.startswith("-----BEGIN"):
            raise CredentialsError(
                f"{source} is a PEM key without its id and user: give the key file as ZITADEL made it, or "
                "for the System API use SystemUser(user_id, private_key)"
            )
        try:
            # Not strict: line breaks in the key are often expanded on the way through a shell.
            data = json.loads(text, strict=False)
        except json.JSONDecodeError as error:
            fault = f"is not valid JSON (line {error.lineno}, column {error.colno})"
        except (ValueError, RecursionError):
            fault = "is not valid JSON"
        if fault:  # raised outside of `except`: a JSONDecodeError holds the whole text
            raise CredentialsError(f"{source} {fault}: give the key file as ZITADEL made it")
        return cls.from_dict(data, kind, source=source)

    @classmethod
    @without_locals
    def from_dict(cls, data: Mapping[str, Any], kind: Kind, *, source: str = "the key") -> KeyFile:
        if not isinstance(data, Mapping):
            raise CredentialsError(f"{source} is not a JSON object: give the key file as ZITADEL made it")
        found = data.get("type")
        if found != kind:
            is_known = isinstance(found, str) and found in _NAMES
            what = f"is {_NAMES[str(found)]}" if is_known else "has no `type` of a ZITADEL key file"
            raise CredentialsError(f"{source} {what}, but {_NAMES[kind]} is needed, `type` {kind!r}")
        texts = {}
        for name in ("keyId", "key", _OWNER[kind]):
            value = data.get(name)
            if not isinstance(value, str) or not trimmed(value):
                raise CredentialsError(
                    f"{source} has no {name!r}: make a key of type JSON and give its file unchanged"
                )
            texts[name] = trimmed(value)
        for name in ("keyId", _OWNER[kind]):
            if not is_id(texts[name]):
                raise CredentialsError(f"{name!r} in {source} is not an id: give the key file unchanged")
        private_key = load_private_key(texts["key"], f"'key' in {source}")
        expires_at = _expiry(data.get("expirationDate"), source)
        key = cls(kind, texts["keyId"], texts[_OWNER[kind]], private_key, expires_at, source)
        key._check_expiry()
        return key

    @without_locals
    def sign(self, audience: str, *, clock_offset: float = 0.0) -> str:
        """The assertion for the issuer `audience`; `clock_offset` is the server's clock less this one's, in
        seconds.

        Raises CredentialsError if the key expired since it was read.
        """
        self._check_expiry()
        return sign_jwt(self.owner, audience, self.private_key, key_id=self.key_id, clock_offset=clock_offset)

    def _check_expiry(self) -> None:
        if self.expires_at is not None and self.expires_at <= datetime.datetime.now(datetime.UTC):
            raise CredentialsError(
                f"{self.source} expired ('expirationDate' {self.expires_at.isoformat()}): make a new key"
            )


@without_locals
def sign_jwt(
    subject: str,
    audience: str,
    private_key: RSAPrivateKey,
    *,
    key_id: str | None = None,
    clock_offset: float = 0.0,
    life: int = _LIFE,
) -> str:
    """A JWT by which `subject` speaks for itself (iss = sub), RS256; `life` in seconds, counted from its
    `iat`."""
    issued_at = int(time.time() + clock_offset) - _ISSUED_BEFORE
    claims = {"iss": subject, "sub": subject, "aud": audience, "iat": issued_at, "exp": issued_at + life}
    headers = {"kid": key_id} if key_id else None
    with NO_FORK:
        import jwt

        return jwt.encode(claims, private_key, algorithm="RS256", headers=headers)


@without_locals
def load_private_key(given: str | bytes, source: str) -> RSAPrivateKey:
    """An RSA private key, PKCS#1 or PKCS#8, PEM, not encrypted. Line breaks that were written as `\\n` are
    read as such. Raises CredentialsError that names `source`."""
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not isinstance(given, str | bytes):
        raise CredentialsError(f"{source} must be a str or bytes, not a {type(given).__name__}")
    if isinstance(given, str):
        given = unwrapped(given)
    # PEM has no other letters; encoded strictly, a lone surrogate would raise an error that holds the key.
    pem = given.encode("ascii", "replace") if isinstance(given, str) else given
    pem = re.sub(rb"\\+n", b"\n", re.sub(rb"\\+r", b"", pem))
    key: object = None
    try:
        with NO_FORK:
            # Full validation (are p and q prime) takes 40 ms; a signature, 1 ms, tells if the numbers fit.
            key = load_pem_private_key(
                pem.strip() + b"\n", password=None, unsafe_skip_rsa_key_validation=True
            )
            if isinstance(key, RSAPrivateKey):
                signature = key.sign(b"", PKCS1v15(), SHA256())
                key.public_key().verify(signature, b"", PKCS1v15(), SHA256())
                return key
        fault = "is not an RSA key"
    except TypeError:
        fault = "is encrypted"
    except (ValueError, UnsupportedAlgorithm):
        fault = "is not a readable PEM private key"
    except (InternalError, InvalidSignature):
        fault = "is damaged (its numbers do not fit together)"
    raise CredentialsError(f"{source} {fault}: an RSA private key, PKCS#1 or PKCS#8, is needed")


def _expiry(value: object, source: str) -> datetime.datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        moment = None
    if moment is None:
        raise CredentialsError(f"{source} has an 'expirationDate' that is no RFC 3339 time")
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
