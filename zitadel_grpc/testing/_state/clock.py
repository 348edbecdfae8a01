"""The emulated server's clock, which tests can make fast or slow."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_MAX_SKEW = 50 * 365.25 * 86400


class Clock:
    """A clock that is fast by `skew` seconds, or slow if it is negative."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew

    @property
    def skew(self) -> float:
        return self._skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        if not abs(seconds) <= _MAX_SKEW:
            raise ValueError(
                f"clock_skew must be at most fifty years ({_MAX_SKEW:.0f} seconds), not {seconds}"
            )
        self._skew = seconds

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.skew

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)
