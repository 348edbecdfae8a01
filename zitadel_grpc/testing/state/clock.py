"""The emulated server's clock, which a test may set wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Fast by `skew` seconds; negative: slow. The Date header and every check of a time follow it."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.skew

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)
