"""Client CPU per authenticated call, 50 in flight, compared with plain gRPC and a hand-written header"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

import grpc
import grpc.aio

from benchmarks import optional
from benchmarks.load import from_threads, in_flight
from benchmarks.processes import server
from benchmarks.rounds import Figures, interleave, ratios, spread, table
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ManagementServiceStub
from zitadel_grpc.credentials import AccessToken, Token

CONCURRENCY = 50
TOKEN = "t" * 280  # as long as ZITADEL's opaque tokens
METADATA = (("authorization", f"Bearer {TOKEN}"),)
REQUEST = GetMyOrgRequest()

PLAIN = "plain grpc.aio, static metadata"
PLAIN_TIMEOUT = "the same with timeout="
PLAIN_SYNC = "plain grpc, static metadata"


def credentials() -> AccessToken:
    """A token that expires, like those from the token endpoint."""
    return AccessToken(lambda: Token(TOKEN, 43199.0))


def run(*, quick: bool) -> None:
    rounds, total = (10, 200) if quick else (200, 300)
    with server("benchmarks.grpc_server") as running:
        target, roots = running.info["target"], running.info["ca"].encode()
        with asyncio.Runner() as runner:
            show(interleave(asynchronous(runner, target, roots, total), rounds), PLAIN)
        print()
        with synchronous(target, roots, total) as variants:
            show(interleave(variants, rounds), PLAIN_SYNC)


def show(figures: Figures, baseline: str) -> None:
    rows = [
        [name, f"{median(values):.0f}", spread(ratios(figures, name, baseline))]
        for name, values in figures.items()
    ]
    print(table(["", "µs per call", "ratio to plain: median (smallest-largest)"], rows), flush=True)


def asynchronous(
    runner: asyncio.Runner, target: str, roots: bytes, total: int
) -> dict[str, Callable[[], float]]:
    """Each variant with its own channel, all in one event loop."""

    async def calls() -> dict[str, Callable[[], Awaitable[object]]]:
        tls = grpc.ssl_channel_credentials(roots)
        plain = method(grpc.aio.secure_channel(target, tls))
        intercepted = method(grpc.aio.secure_channel(target, tls, interceptors=[AddToken()]))
        options = ConnectionOptions(root_certificates=roots)
        client = AsyncClient(f"https://{target}", credentials(), options=options)
        ours = client.management.GetMyOrg
        plugin = method(secure_channel(f"https://{target}", credentials(), options=options))
        variants: dict[str, Callable[[], Awaitable[object]]] = {
            PLAIN: lambda: plain(REQUEST, metadata=METADATA),
            PLAIN_TIMEOUT: lambda: plain(REQUEST, metadata=METADATA, timeout=30),
            "AsyncClient": lambda: ours(REQUEST),
            "grpc.aio interceptor": lambda: intercepted(REQUEST),
            "secure_channel (plugin)": lambda: plugin(REQUEST),
        }
        try:
            google = method(google_channel(target, tls))
            variants["google-auth's plugin"] = lambda: google(REQUEST)
        except optional.Missing as missing:
            print(missing)
        for call in variants.values():
            await in_flight(call, CONCURRENCY, CONCURRENCY)
        return variants

    def measure(call: Callable[[], Awaitable[object]]) -> float:
        start = time.process_time()
        runner.run(in_flight(call, CONCURRENCY, total))
        return (time.process_time() - start) / total * 1e6

    return {name: partial(measure, call) for name, call in runner.run(calls()).items()}


@contextmanager
def synchronous(target: str, roots: bytes, total: int) -> Iterator[dict[str, Callable[[], float]]]:
    """The same with `Client`, from threads."""
    options = ConnectionOptions(root_certificates=roots)
    with (
        ThreadPoolExecutor(CONCURRENCY) as threads,
        grpc.secure_channel(target, grpc.ssl_channel_credentials(roots)) as channel,
        Client(f"https://{target}", credentials(), options=options) as client,
    ):
        plain = ManagementServiceStub(channel).GetMyOrg
        ours = client.management.GetMyOrg

        def measure(call: Callable[[], object]) -> float:
            start = time.process_time()
            from_threads(call, threads, CONCURRENCY, total)
            return (time.process_time() - start) / total * 1e6

        variants: dict[str, Callable[[], float]] = {
            PLAIN_SYNC: lambda: measure(lambda: plain(REQUEST, metadata=METADATA)),
            PLAIN_TIMEOUT: lambda: measure(lambda: plain(REQUEST, metadata=METADATA, timeout=30)),
            "Client": lambda: measure(lambda: ours(REQUEST)),
        }
        for measured in variants.values():
            measured()
        yield variants


def method(channel: grpc.aio.Channel) -> Any:
    return ManagementServiceStub(channel).GetMyOrg


class AddToken(grpc.aio.UnaryUnaryClientInterceptor):
    """A typical hand-written interceptor."""

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), *METADATA)
        return await continuation(client_call_details._replace(metadata=metadata), request)


def google_channel(target: str, tls: grpc.ChannelCredentials) -> grpc.aio.Channel:
    """google-auth's AuthMetadataPlugin, with a token that it considers valid."""
    transport = optional.load("google-auth", "google.auth.transport.grpc")
    user = optional.load("google-auth", "google.oauth2.credentials").Credentials(token=TOKEN)
    plugin = transport.AuthMetadataPlugin(user, request=None)
    composed = grpc.composite_channel_credentials(tls, grpc.metadata_call_credentials(plugin))
    return grpc.aio.secure_channel(target, composed)
