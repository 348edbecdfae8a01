"""Looks up the access token or personal access token in a request."""

from __future__ import annotations

from dataclasses import dataclass

from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._state.users import User, UserState


@dataclass(frozen=True, slots=True)
class Bearer:
    """Times are in seconds since 1970. Personal access tokens have no audience and no client."""

    id: str
    user: User
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    client_id: str | None
    issued_at: float
    expires_at: float
    auth_time: float | None = None
    actor_id: str | None = None

    @property
    def is_personal(self) -> bool:
        return self.client_id is None


def bearer_of(store: Store, token: str) -> Bearer | None:
    """Returns None for a token that is unknown or expired, or whose user is not active."""
    bearer = _access_token(store, token) or _personal_access_token(store, token)
    if bearer is None or bearer.user.state is not UserState.ACTIVE or bearer.expires_at <= store.clock.now():
        return None
    return bearer


def _access_token(store: Store, value: str) -> Bearer | None:
    token = store.access_tokens.get(value)
    user = store.users.get(token.user_id) if token else None
    if token is None or user is None:
        return None
    return Bearer(
        token.id,
        user,
        token.scopes,
        token.audience,
        token.client_id,
        token.issued_at,
        token.expires_at,
        None if token.is_exchanged else token.issued_at,
        token.actor_id,
    )


def _personal_access_token(store: Store, value: str) -> Bearer | None:
    pat = store.personal_access_tokens.get(value)
    if pat is None or pat.revoked:
        return None
    issued, expires = pat.details.creation_date.timestamp(), pat.expiration_date.timestamp()
    return Bearer(pat.id, store.users[pat.user_id], pat.scopes, (), None, issued, expires)
