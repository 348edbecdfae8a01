"""RSA private keys, and the JWTs signed with them (RFC 7523 §3)."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc.credentials._workers import NO_FORK
from zitadel_grpc.credentials._wrapping import unwrapped
from zitadel_grpc.errors import CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# ZITADEL accepts an `iat` up to 3 s in the future and up to 1 h in the past. It is set back by a minute, so
# that it is valid with a clock that is up to a minute fast or nearly an hour slow.
ISSUED_BEFORE = 60.0
_LIFETIME = 3600.0


@without_locals
def load_private_key(given: str | bytes, source: str) -> RSAPrivateKey:
    """An RSA private key in PEM (PKCS#1 or PKCS#8), not encrypted. Line breaks may be written as `\\n`.

    Raises CredentialsError, which names `source`.
    """
    # Imported here: cryptography takes 8 MiB, which other credentials do not need.
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not isinstance(given, str | bytes):
        raise CredentialsError(f"{source} must be a str or bytes, not {type(given).__name__}")
    if isinstance(given, str):
        given = unwrapped(given)
    # PEM is ASCII. Strict encoding of a lone surrogate would raise an error that contains the key.
    pem = given.encode("ascii", "replace") if isinstance(given, str) else given
    pem = re.sub(rb"\\+n", b"\n", re.sub(rb"\\+r", b"", pem))
    key: object = None
    try:
        with NO_FORK:
            # Full validation (are p and q prime?) takes 40 ms. A signature takes 1 ms, and shows that the
            # numbers are consistent.
            key = load_pem_private_key(
                pem.strip() + b"\n", password=None, unsafe_skip_rsa_key_validation=True
            )
            if isinstance(key, RSAPrivateKey):
                signature = key.sign(b"", PKCS1v15(), SHA256())
                key.public_key().verify(signature, b"", PKCS1v15(), SHA256())
                return key
        problem = "is not an RSA key"
    except TypeError:
        problem = "is encrypted"
    except (ValueError, UnsupportedAlgorithm):
        problem = "is not a readable PEM private key"
    except (InternalError, InvalidSignature):
        problem = "is damaged (its numbers are inconsistent)"
    raise CredentialsError(f"{source} {problem}; pass an RSA private key, PKCS#1 or PKCS#8")


@without_locals
def sign_assertion(
    subject: str,
    audience: str,
    private_key: RSAPrivateKey,
    *,
    key_id: str | None = None,
    clock_offset: float = 0.0,
    lifetime: float = _LIFETIME,
) -> str:
    """A JWT (RS256) that `subject` issues about itself (iss = sub). `lifetime` is counted from its `iat`;
    `clock_offset` is the server's clock minus this machine's. Both in seconds."""
    issued_at = int(time.time() + clock_offset - ISSUED_BEFORE)
    claims = {
        "iss": subject,
        "sub": subject,
        "aud": audience,
        "iat": issued_at,
        "exp": issued_at + int(lifetime),
    }
    with NO_FORK:
        import jwt  # imported here: other credentials do not need it

        return jwt.encode(claims, private_key, algorithm="RS256", headers={"kid": key_id} if key_id else None)
