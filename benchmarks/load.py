"""Keeps a fixed number of calls in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor


async def in_flight(call: Callable[[], Awaitable[object]], concurrency: int, total: int) -> None:
    """Makes `total` calls, with `concurrency` in flight."""
    left = total

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    await asyncio.gather(*(worker() for _ in range(concurrency)))


def from_threads(
    call: Callable[[], object], threads: ThreadPoolExecutor, concurrency: int, total: int
) -> None:
    """The same from `concurrency` threads, each of which makes its share one after another."""

    def worker() -> None:
        for _ in range(total // concurrency):
            call()

    for ended in [threads.submit(worker) for _ in range(concurrency)]:
        ended.result()
