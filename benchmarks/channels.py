"""Calls per second at 100 and 1,000 in flight over one, two and four connections: do more help?"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median

from benchmarks.calls import REQUEST, credentials
from benchmarks.load import in_flight
from benchmarks.processes import server
from benchmarks.rounds import interleave, ratios, spread, table
from zitadel_grpc import AsyncClient, ConnectionOptions

CALLS = {100: 2000, 1000: 4000}  # in flight: calls per round
CONNECTIONS = (1, 2, 4)


def run(*, quick: bool) -> None:
    rows = []
    with server("benchmarks.grpc_server") as running, asyncio.Runner() as runner:
        target, roots = running.info["target"], running.info["ca"].encode()
        calls = {count: runner.run(connected(target, roots, count)) for count in CONNECTIONS}
        for concurrency, total in CALLS.items():
            variants = {
                str(count): partial(measure, runner, call, concurrency, total // 4 if quick else total)
                for count, call in calls.items()
            }
            figures = interleave(variants, 3 if quick else 15)
            for name, values in figures.items():
                ratio = spread(ratios(figures, name, "1"))
                rows.append([f"{concurrency:,}", name, f"{median(values):,.0f}", ratio])
    print(
        table(["in flight", "connections", "calls/s", "ratio to one: median (smallest-largest)"], rows),
        flush=True,
    )


async def connected(target: str, roots: bytes, count: int) -> Callable[[], Awaitable[object]]:
    """Calls over `count` connections in turn."""
    # Each channel gets its own subchannel pool; otherwise gRPC shares one connection.
    options = ConnectionOptions(
        root_certificates=roots, channel_options=[("grpc.use_local_subchannel_pool", 1)]
    )
    shared = credentials()
    clients = [AsyncClient(f"https://{target}", shared, options=options) for _ in range(count)]
    methods = itertools.cycle([client.management.GetMyOrg for client in clients])

    def call() -> Awaitable[object]:
        return next(methods)(REQUEST)

    await in_flight(call, 2 * count, 2 * count)
    return call


def measure(
    runner: asyncio.Runner, call: Callable[[], Awaitable[object]], concurrency: int, total: int
) -> float:
    start = time.perf_counter()
    runner.run(in_flight(call, concurrency, total))
    return total / (time.perf_counter() - start)
