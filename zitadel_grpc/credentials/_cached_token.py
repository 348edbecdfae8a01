"""CachedToken: a token in the cache, and its state at a given time."""

from __future__ import annotations

import enum
import math

from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.credentials._token import Token


class TokenState(enum.Enum):
    """The states of google-auth: FRESH tokens are used, STALE tokens are used and renewed in the background,
    INVALID tokens are not used."""

    FRESH = "fresh"
    STALE = "stale"
    INVALID = "invalid"


class CachedToken:
    """A token in the cache. Its times are those of `time.monotonic`: changes of the clock have no effect."""

    __slots__ = ("header", "invalid_at", "obtained_at", "replaces_refused", "stale_at")

    def __init__(self, token: Token, requested_at: float, obtained_at: float, policy: RefreshPolicy) -> None:
        stale_after = policy.renew_after
        valid_for = math.inf
        if token.expires_in is not None:
            import random  # imported here: programs with a static token never need it

            share = random.uniform(*policy.stale_share)  # noqa: S311
            margin = min(token.expires_in * policy.expiry_margin_share, policy.expiry_margin_limit)
            stale_after = min(token.expires_in * share, policy.renew_after)
            valid_for = token.expires_in - margin
        self.header = f"Bearer {token.value}"
        """The `authorization` value."""
        # Counted from the request: the lifetime started at the server, before the response arrived.
        self.stale_at = requested_at + stale_after
        self.invalid_at = requested_at + valid_for
        self.obtained_at = obtained_at
        self.replaces_refused = False
        """The server refused the previous token, and has not yet accepted this one."""

    def state(self, now: float) -> TokenState:
        if now < self.stale_at:
            return TokenState.FRESH
        return TokenState.STALE if now < self.invalid_at else TokenState.INVALID
