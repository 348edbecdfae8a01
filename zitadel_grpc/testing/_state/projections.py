"""The store as it was a moment ago."""

from __future__ import annotations

import copy
import time
from collections import deque

from zitadel_grpc.testing._state import snapshots
from zitadel_grpc.testing._state.store import Store


class Projections:
    """From them ZITADEL answers lists, permissions and the token endpoint: they follow its writes late.

    Here all of the store is copied after each write, while there is a lag.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, Store]] = deque()
        """Copies and when they were made; the first is what is seen now."""

    def follow(self, store: Store, lag: float) -> None:
        """To be called before and after whatever may write: what was there before the first time is seen."""
        if not lag:
            self._past.clear()
        elif not self._past or self._past[-1][1].sequence != store.sequence:
            self._past.append((time.monotonic(), _copy(store, lag)))

    def seen(self, store: Store, lag: float) -> Store:
        """What is written to it is lost, but for access tokens."""
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
