"""The tokens that the emulator issues: opaque tokens, JWTs and ID tokens."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence

import jwt
from jwt.algorithms import RSAAlgorithm

from zitadel_grpc.testing._keys import KeyPair
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._state.users import User

_AUDIENCE_SCOPE = re.compile(r"urn:zitadel:iam:org:project:id:(.+):aud")
_OPAQUE_HEADER = b'{"alg":"A256GCMKW","enc":"A256GCM"}'
_OPAQUE_PARTS = (
    32,
    12,
    106,
    16,
)  # bytes of encrypted key, nonce, ciphertext and tag: about 280 characters in total


class Issuer:
    """Issues tokens in the name of `url`."""

    def __init__(self, url: str, key_id: str, pair: KeyPair) -> None:
        self.url = url
        self.key_id = key_id
        self._pair = pair

    def jwks(self) -> dict[str, object]:
        """RFC 7517 §5."""
        key = RSAAlgorithm.to_jwk(self._pair.private.public_key(), as_dict=True)
        return {"keys": [{**key, "use": "sig", "alg": "RS256", "kid": self.key_id}]}

    def sign(self, claims: Mapping[str, object]) -> str:
        return jwt.encode(dict(claims), self._pair.private, "RS256", headers={"kid": self.key_id})

    def access_token(
        self,
        store: Store,
        user: User,
        *,
        client_id: str,
        scopes: Sequence[str],
        audience: Sequence[str],
        lifetime: float,
        as_jwt: bool,
        actor_id: str | None = None,
        is_exchanged: bool = False,
    ) -> AccessToken:
        """Issues and stores a token. `lifetime` is in seconds."""
        now = store.clock.now()
        token_id = store.new_id()
        claims: dict[str, object] = {
            "iss": self.url,
            "sub": user.id,
            "aud": list(audience),
            "exp": int(now + lifetime),
            "iat": int(now),
            "nbf": int(now),
            "client_id": client_id,
            "jti": token_id,
        }
        if actor_id:
            claims["act"] = {"iss": self.url, "sub": actor_id}
        token = AccessToken(
            id=token_id,
            value=self.sign(claims) if as_jwt else opaque_token(),
            user_id=user.id,
            client_id=client_id,
            scopes=tuple(scopes),
            audience=tuple(audience),
            issued_at=now,
            expires_at=now + lifetime,
            actor_id=actor_id,
            is_exchanged=is_exchanged,
        )
        store.access_tokens[token.value] = token
        return token

    def id_token(self, token: AccessToken) -> str:
        """OpenID Connect Core §2."""
        return self.sign(
            {
                "iss": self.url,
                "sub": token.user_id,
                "aud": [*token.audience, token.client_id],
                "exp": int(token.expires_at),
                "iat": int(token.issued_at),
                "auth_time": int(token.issued_at),
                "azp": token.client_id,
                "client_id": token.client_id,
                "at_hash": _half_hash(token.value),
            }
        )


def opaque_token() -> str:
    """Returns a token that looks like a JWE, as ZITADEL's opaque and personal access tokens do."""
    return ".".join(map(_base64url, (_OPAQUE_HEADER, *map(secrets.token_bytes, _OPAQUE_PARTS))))


def audience_of(scopes: Iterable[str], zitadel_project_id: str) -> list[str]:
    """The project ids that reserved scopes request; `zitadel` stands for ZITADEL's own project."""
    named = (match[1] for scope in scopes if (match := _AUDIENCE_SCOPE.fullmatch(scope)))
    return list(dict.fromkeys(zitadel_project_id if name == "zitadel" else name for name in named))


def _half_hash(token: str) -> str:
    return _base64url(hashlib.sha256(token.encode()).digest()[:16])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
