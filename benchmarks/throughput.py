"""Calls per second at 1 to 1,000 in flight, AsyncClient against plain grpc.aio, on asyncio and uvloop"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median

import grpc
import grpc.aio

from benchmarks import optional
from benchmarks.calls import METADATA, REQUEST, credentials, method
from benchmarks.load import in_flight
from benchmarks.processes import server
from benchmarks.rounds import interleave, ratios, spread, table
from zitadel_grpc import AsyncClient, ConnectionOptions

CALLS = {1: 400, 10: 1500, 100: 2000, 1000: 4000}  # in flight: calls per round


def run(*, quick: bool) -> None:
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    try:
        loops["uvloop"] = optional.load("uvloop", "uvloop").new_event_loop
    except optional.Missing as missing:
        print(missing)
    rows = []
    with server("benchmarks.grpc_server") as running:
        target, roots = running.info["target"], running.info["ca"].encode()
        for name, new_loop in loops.items():
            with asyncio.Runner(loop_factory=new_loop) as runner:
                for concurrency, total in CALLS.items():
                    figures = interleave(
                        variants(runner, target, roots, concurrency, total // 4 if quick else total),
                        3 if quick else 15,
                    )
                    plain, ours = (f"{median(values):,.0f}" for values in figures.values())
                    ratio = spread(ratios(figures, "AsyncClient", "plain"))
                    rows.append([name, f"{concurrency:,}", plain, ours, ratio])
    header = [
        "loop",
        "in flight",
        "plain, calls/s",
        "AsyncClient, calls/s",
        "ratio to plain: median (smallest-largest)",
    ]
    print(table(header, rows), flush=True)


def variants(
    runner: asyncio.Runner, target: str, roots: bytes, concurrency: int, total: int
) -> dict[str, Callable[[], float]]:
    async def connected() -> tuple[Callable[[], Awaitable[object]], Callable[[], Awaitable[object]]]:
        plain = method(grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(roots)))
        client = AsyncClient(
            f"https://{target}", credentials(), options=ConnectionOptions(root_certificates=roots)
        )
        ours = client.management.GetMyOrg
        calls = lambda: plain(REQUEST, metadata=METADATA), lambda: ours(REQUEST)
        for call in calls:
            await in_flight(call, concurrency, concurrency)
        return calls

    def measure(call: Callable[[], Awaitable[object]]) -> float:
        start = time.perf_counter()
        runner.run(in_flight(call, concurrency, total))
        return total / (time.perf_counter() - start)

    plain, ours = runner.run(connected())
    return {"plain": lambda: measure(plain), "AsyncClient": lambda: measure(ours)}
