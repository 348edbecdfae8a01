"""Checks JWTs that callers sign: RFC 7523 assertions and the tokens of System API users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jwt

from zitadel_grpc.testing._keys import load_public_key

_MAX_AGE = 3600.0
_LEEWAY = 1.0


def verify(
    token: str, *, issuer: str, now: float, key_of: Callable[[str, str | None], bytes | None]
) -> str | None:
    """Returns the subject of a valid JWT, or None: ZITADEL does not say what is wrong with a JWT.

    `key_of` returns the public key (PEM) of a subject and the header's `kid`. `now` is in seconds since 1970.
    """
    try:
        unverified = jwt.decode_complete(token, options={"verify_signature": False})
        subject = unverified["payload"].get("sub")
        key = key_of(subject, unverified["header"].get("kid")) if isinstance(subject, str) else None
        if key is None:
            return None
        claims = jwt.decode(token, load_public_key(key), algorithms=["RS256"], options=_SIGNATURE_ONLY)
    except (jwt.InvalidTokenError, RecursionError):  # JSON nested too deeply raises RecursionError
        return None
    valid = claims.get("iss") == subject and issuer in _audience(claims) and _is_current(claims, now)
    return subject if valid else None


# We check times and audience, with the server's own clock and leeway.
_SIGNATURE_ONLY: Any = dict.fromkeys(
    ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti"), False
)


def _audience(claims: Mapping[str, object]) -> list[object]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _is_current(claims: Mapping[str, object], now: float) -> bool:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        return False
    return now - _MAX_AGE <= issued <= now + _LEEWAY and expires > now + _LEEWAY
