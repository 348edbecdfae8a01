"""Token expiry under load: tokens that expire after 5 s, 50 calls in flight"""

from __future__ import annotations

import asyncio
import collections
import json
import statistics
import time
from typing import Any

from benchmarks.processes import server
from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import ZitadelError

CONCURRENCY = 50
TOKEN_LIFE = 5.0  # seconds; `expires_in` says one less, as ZITADEL does


def run(*, quick: bool) -> None:
    seconds = 15 if quick else 60
    with server("benchmarks.emulator", str(TOKEN_LIFE)) as zitadel:
        load = Load()
        asyncio.run(load.keep_up(zitadel.info, seconds))
        asked_at: list[float] = json.loads(zitadel.stop())
    report(load, [moment - load.start for moment in asked_at], seconds)


class Load:
    """The calls of a run: for each, when it ended (seconds from the start) and how long it took."""

    def __init__(self) -> None:
        self.start = 0.0
        self.calls: list[tuple[float, float]] = []
        self.failures: collections.Counter[str] = collections.Counter()

    async def keep_up(self, zitadel: dict[str, Any], seconds: float) -> None:
        options = ConnectionOptions(root_certificates=zitadel["ca"].encode())
        credentials = JwtProfile.from_dict(zitadel["key_file"])
        async with AsyncClient(zitadel["url"], credentials, options=options) as client:
            await client.management.GetMyOrg(GetMyOrgRequest())  # warm up: the first call is not measured
            self.start = time.monotonic()
            await asyncio.gather(*(self._worker(client, seconds) for _ in range(CONCURRENCY)))

    async def _worker(self, client: AsyncClient, seconds: float) -> None:
        while (began := time.monotonic() - self.start) < seconds:
            try:
                await client.management.GetMyOrg(GetMyOrgRequest())
            except ZitadelError as error:
                self.failures[str(error)] += 1
            ended = time.monotonic() - self.start
            self.calls.append((ended, ended - began))


def report(load: Load, asked_at: list[float], seconds: int) -> None:
    asked = [moment for moment in asked_at if 0 <= moment < seconds]
    refreshed = {int(moment) for moment in asked}
    slow = percentile_99([took for ended, took in load.calls if int(ended) in refreshed])
    usual = percentile_99([took for ended, took in load.calls if int(ended) not in refreshed])
    print(f"calls in {seconds} s: {len(load.calls):,}, failed: {load.failures.total()}")
    for text, count in load.failures.most_common(3):
        print(f"  {count} x {text}")
    print(f"token requests: {len(asked)}, one every {seconds / len(asked):.1f} s")
    print(f"p99 in the {len(refreshed)} seconds with a refresh: {slow * 1000:.0f} ms")
    print(f"p99 in the others: {usual * 1000:.0f} ms, ratio: {slow / usual:.2f}")


def percentile_99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[-1]
