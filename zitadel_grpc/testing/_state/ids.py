"""Ids like ZITADEL's: strings of 18 digits that increase with time (Sonyflake)."""

from __future__ import annotations

import time

_EPOCH = 1_409_529_600  # Sonyflake counts from 2014-09-01
_TICKS_PER_SECOND = 100
_BITS_BELOW_TICKS = 24


class Ids:
    """Each call returns a greater id."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> str:
        ticks = int((time.time() - _EPOCH) * _TICKS_PER_SECOND)
        self._last = max(self._last + 1, ticks << _BITS_BELOW_TICKS)
        return str(self._last)
