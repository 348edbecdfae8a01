"""Delayed copies of the store, for the fault `projection_lag`."""

from __future__ import annotations

import copy
import time
from collections import deque

from zitadel_grpc.testing._state import snapshots
from zitadel_grpc.testing._state.store import Store


class Projections:
    """ZITADEL reads lists and permissions from projections, which follow writes with a delay.

    The emulator copies the whole store after each write while a lag is set.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, Store]] = deque()
        """Copies and their creation times. The first copy is the one that is currently visible."""

    def follow(self, store: Store, lag: float) -> None:
        """Must be called before and after all code that may write."""
        if not lag:
            self._past.clear()
        elif not self._past or self._past[-1][1].sequence != store.sequence:
            self._past.append((time.monotonic(), _copy(store, lag)))

    def seen(self, store: Store, lag: float) -> Store:
        """Returns the visible copy. Writes to it are lost, except access tokens."""
        past = self._past
        if not lag or not past:
            return store
        while len(past) > 1 and past[1][0] <= time.monotonic() - lag:
            past.popleft()
        return past[0][1]


def _copy(store: Store, lag: float) -> Store:
    late = copy.copy(store)
    snapshots.restore(late, snapshots.take(store))
    late.lag = lag
    return late
