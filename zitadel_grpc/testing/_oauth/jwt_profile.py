"""The JWT bearer grant (RFC 7523 §2.1), with an assertion that a service user signed."""

from __future__ import annotations

from zitadel_grpc.testing import _assertions
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.machines import token_for
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._wire.messages import Request
from zitadel_grpc.testing._zitadel import Zitadel

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def grant(zitadel: Zitadel, request: Request, form: dict[str, str]) -> AccessToken:
    store = zitadel.store

    def key_of(user_id: str, key_id: str | None) -> bytes | None:
        key = store.machine_keys.get(key_id or "")
        usable = key and key.user_id == user_id and key.expiration_date > store.clock.datetime()
        return key.public_key if key and usable else None

    user_id = _assertions.verify(
        form.get("assertion", ""), issuer=zitadel.issuer.url, now=store.clock.now(), key_of=key_of
    )
    if user_id is None or user_id not in store.users:
        raise OAuthError("invalid_grant", "invalid assertion")
    return token_for(zitadel, store.users[user_id], form.get("scope", "").split())
