"""RefreshPolicy: the numbers that decide when tokens are renewed and requests repeated."""

from __future__ import annotations

import math
from typing import NamedTuple


class RefreshPolicy(NamedTuple):
    """Durations are in seconds."""

    stale_share: tuple[float, float] = (0.75, 0.85)
    """A token turns STALE after a share of its lifetime, random between these two, so that processes that
    started together do not renew together."""

    expiry_margin_share: float = 0.05
    """A token turns INVALID this share of its lifetime before it expires: a call sent with it must still
    arrive."""

    expiry_margin_limit: float = 10.0
    """The longest such margin."""

    renew_after: float = math.inf
    """A token turns STALE after this time at the latest, even if it does not expire."""

    max_attempts: int = 4
    """Requests in one refresh."""

    first_backoff: float = 0.25
    """The pause after attempt n is random, between 0 and this value times 2**n."""

    retry_after_limit: float = 30.0
    """A longer `Retry-After` is shortened to this."""

    request_interval: float = 1.0
    """The shortest time between two requests, whatever the server says and however many callers wait."""

    refusal_hold: float = 5.0
    """After a refusal, callers get the same error for this time, without another request."""

    failure_hold: float = 1.0
    """The same after a failure that may be temporary."""

    renewal_backoff_limit: float = 60.0
    """The longest pause between background renewals that fail."""

    max_hanging: int = 3
    """While this many refreshes hang after their timeout, each in its own thread, no other one starts."""

    watchdog_grace: float = 0.25
    """How long after its deadline a refresh is abandoned. A request that times out by itself has a better
    error message."""


DEFAULT = RefreshPolicy()
