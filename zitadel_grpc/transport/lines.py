"""Connections that went dead without a word, as after a firewall dropped them or a process was frozen.

Nothing tells of them: each call would run into its deadline, for ever. ZITADEL ends
connections that send a ping more often than every 5 minutes, so calls have to find out.
"""

from __future__ import annotations

import time
from typing import Any

_SOONEST = 1.0  # seconds that a new connection has at least, for its handshake


class Line:
    """A gRPC channel and when something was last received over it. Calls hold the line they use: a channel of
    asyncio's ends its calls once nobody refers to it."""

    __slots__ = ("_opened", "_replaces", "channel", "heard")

    def __init__(self, channel: Any, *, replaces: bool) -> None:
        self.channel = channel
        self._replaces = replaces
        self._opened = self.heard = time.monotonic()

    def is_dead(self, sent: float) -> bool:
        """Whether the next call needs another connection: one sent at `sent` (`time.monotonic`) ends now, at
        its deadline."""
        settled = not self._replaces or time.monotonic() - self._opened >= _SOONEST
        return settled and self.heard <= sent
