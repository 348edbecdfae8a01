"""`bulk.run` compared with workers in an asyncio.gather (threads for `Client`), same number in flight"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count, repeat
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.calls import CONCURRENCY, REQUEST, credentials
from benchmarks.load import from_threads, in_flight
from benchmarks.processes import server
from benchmarks.rounds import Figures, interleave, ratios, spread, table
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk
from zitadel_grpc.api.management.v1 import GetMyOrgRequest

GATHER = "asyncio.gather"
THREADS = "threads of a pool"
Clock = Callable[[], float]


def run(*, quick: bool) -> None:
    rounds, total = (5, 500) if quick else (60, 500)
    with server("benchmarks.grpc_server") as running, tempfile.TemporaryDirectory() as directory:
        url, roots = f"https://{running.info['target']}", running.info["ca"].encode()
        options = ConnectionOptions(root_certificates=roots)
        for clock in (time.process_time, time.perf_counter):
            with asyncio.Runner() as runner:
                variants = asynchronous(runner, url, options, total, Path(directory), clock)
                show(interleave(variants, rounds), GATHER, clock)
            with synchronous(url, options, total, clock) as variants:
                show(interleave(variants, rounds), THREADS, clock)


def show(figures: Figures, baseline: str, clock: Clock) -> None:
    rows = [
        [name, f"{median(values) * 1e6:.0f}", spread(ratios(figures, name, baseline))]
        for name, values in figures.items()
    ]
    what = "CPU of the client" if clock is time.process_time else "time"
    print(
        table([f"{what} per call", "µs", "ratio to the first: median (smallest-largest)"], rows),
        "\n",
        flush=True,
    )


def asynchronous(
    runner: asyncio.Runner, url: str, options: ConnectionOptions, total: int, directory: Path, clock: Clock
) -> dict[str, Callable[[], float]]:
    """Seconds per call."""

    async def connected() -> AsyncClient:
        client = AsyncClient(url, credentials(), options=options)
        await in_flight(lambda: client.management.GetMyOrg(REQUEST), CONCURRENCY, CONCURRENCY)
        return client

    method = runner.run(connected()).management.GetMyOrg
    numbers = count()

    async def later() -> AsyncIterator[GetMyOrgRequest]:
        for _ in range(total):
            yield REQUEST

    async def consumed(asynchronous: bool = False, resume: Path | None = None) -> None:
        requests = later() if asynchronous else repeat(REQUEST, total)
        async for outcome in bulk.run(method, requests, concurrency=CONCURRENCY, resume=resume):
            assert outcome.error is None

    def measure(coroutine: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], float]:
        def measured() -> float:
            start = clock()
            runner.run(coroutine())
            return (clock() - start) / total

        return measured

    return {
        GATHER: measure(lambda: in_flight(lambda: method(REQUEST), CONCURRENCY, total)),
        "bulk.run": measure(consumed),
        "bulk.run, asynchronous iterable": measure(lambda: consumed(asynchronous=True)),
        "bulk.run, resume file": measure(
            lambda: consumed(resume=directory / f"{clock.__name__}-{next(numbers)}")
        ),
    }


@contextmanager
def synchronous(
    url: str, options: ConnectionOptions, total: int, clock: Clock
) -> Iterator[dict[str, Callable[[], float]]]:
    with Client(url, credentials(), options=options) as client, ThreadPoolExecutor(CONCURRENCY) as threads:
        method = client.management.GetMyOrg

        def by_threads() -> float:
            start = clock()
            from_threads(lambda: method(REQUEST), threads, CONCURRENCY, total)
            return (clock() - start) / total

        def by_run() -> float:
            start = clock()
            for outcome in bulk.run(method, repeat(REQUEST, total), concurrency=CONCURRENCY):
                assert outcome.error is None
            return (clock() - start) / total

        by_threads()
        yield {THREADS: by_threads, "bulk.run": by_run}
