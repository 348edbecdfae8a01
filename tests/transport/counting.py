"""Counts the calls that reach the emulator during a test."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import grpc

from zitadel_grpc.testing import Emulator, RecordedCall


class Traffic:
    """The requests that reached `emulator` since this was created.

    Cancelled calls do not count: the end of one may be recorded only when the next test runs.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._token_requests = emulator.token_requests
        self._last = next(reversed(emulator.calls), None)

    @property
    def token_requests(self) -> int:
        return self._emulator.token_requests - self._token_requests

    @property
    def in_progress(self) -> int:
        """Calls without a response from the emulator so far."""
        return self._emulator._zitadel.in_progress

    @property
    def calls(self) -> list[RecordedCall]:
        calls = self._emulator.calls
        newest_old = next((i for i in range(len(calls), 0, -1) if calls[i - 1] is self._last), 0)
        return [call for call in calls[newest_old:] if call.code is not grpc.StatusCode.CANCELLED]

    @property
    def codes(self) -> Counter[grpc.StatusCode]:
        return Counter(call.code for call in self.calls)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits for a condition that another thread fulfills."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not become true"
        await asyncio.sleep(0.01)
