"""CachedToken: a token in the cache, and its state at a given time."""

from __future__ import annotations

import enum
import math
import random
from dataclasses import dataclass, field

from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.credentials._token import Token


class TokenState(enum.Enum):
    """The states of google-auth: FRESH tokens are used, STALE tokens are used and renewed in the background,
    INVALID tokens are not used."""

    FRESH = "fresh"
    STALE = "stale"
    INVALID = "invalid"


@dataclass(slots=True, eq=False)
class CachedToken:
    """A token in the cache. Times are those of `time.monotonic`, so setting the clock has no effect."""

    header: str = field(repr=False)
    """The `authorization` value."""
    stale_at: float
    invalid_at: float
    obtained_at: float
    replaces_refused: bool = False
    """The server refused the previous token, and has not yet accepted this one."""

    @classmethod
    def of(cls, token: Token, requested_at: float, obtained_at: float, policy: RefreshPolicy) -> CachedToken:
        """`token`, which was requested and obtained at these times."""
        # Counted from the request: the lifetime began at the server, before the response arrived.
        lifetime = math.inf if token.expires_in is None else token.expires_in
        stale_after = min(lifetime * random.uniform(*policy.stale_share), policy.renew_after)  # noqa: S311
        margin = min(lifetime * policy.expiry_margin_share, policy.expiry_margin_limit)
        return cls(
            f"Bearer {token.value}", requested_at + stale_after, requested_at + lifetime - margin, obtained_at
        )

    def state(self, now: float) -> TokenState:
        if now < self.stale_at:
            return TokenState.FRESH
        return TokenState.STALE if now < self.invalid_at else TokenState.INVALID
