"""Access tokens that the token endpoint has issued."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Times are in seconds since 1970. `actor_id` is set for impersonation and delegation."""

    id: str
    value: str = field(repr=False)
    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    issued_at: float
    expires_at: float
    actor_id: str | None = None
    is_exchanged: bool = False
