"""The life of a token, and the one place that decides what it is good for at a moment."""

from __future__ import annotations

import enum
import math
import random
from dataclasses import dataclass, field

from zitadel_grpc.credentials._base import Token

# Shares of a token's life: renewed from 75-85 % on (spread, so that processes started together do not renew
# together), not used in its last 5 %, 10 s at most: a call sent with it must still arrive.
_STALE_SHARE = (0.75, 0.85)
_END_SHARE, _END_SECONDS = 0.05, 10.0


class TokenState(enum.Enum):
    """Words after google-auth: FRESH is used, STALE is used while it is renewed, INVALID is not used."""

    FRESH = "fresh"
    STALE = "stale"
    INVALID = "invalid"


@dataclass(slots=True, eq=False)
class HeldToken:
    """A token in the cache; moments are of `time.monotonic`, so a clock that is set changes nothing."""

    header: str = field(repr=False)
    """The `authorization` value."""
    stale_at: float
    end_at: float
    obtained_at: float
    unproven: bool = False
    """Obtained because the one before was refused, and not yet accepted."""

    @classmethod
    def of(
        cls, token: Token, requested_at: float, obtained_at: float, renew_after: float = math.inf
    ) -> HeldToken:
        """`renew_after` is when to ask anew for a token whose life is not known, in seconds."""
        # The life counts from before the request, so that the network's time is not taken for life.
        life = math.inf if token.expires_in is None else token.expires_in
        stale_at = requested_at + min(life * random.uniform(*_STALE_SHARE), renew_after)  # noqa: S311
        end_at = requested_at + life - min(life * _END_SHARE, _END_SECONDS)
        return cls(f"Bearer {token.value}", stale_at, end_at, obtained_at)

    def state(self, now: float) -> TokenState:
        if now < self.stale_at:
            return TokenState.FRESH
        return TokenState.STALE if now < self.end_at else TokenState.INVALID
