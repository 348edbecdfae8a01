"""The emulated server's clock, which a test may set wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_MOST_SKEW = 50 * 365.25 * 86400


class Clock:
    """Fast by `skew` seconds; negative: slow. The Date header and every check of a time follow it."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew

    @property
    def skew(self) -> float:
        return self._skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        if not abs(seconds) <= _MOST_SKEW:
            raise ValueError(
                f"a clock cannot be wrong by {seconds} s: give at most {_MOST_SKEW:.0f}, fifty years"
            )
        self._skew = seconds

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.skew

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)
