"""A run over many requests with a resume file; a tenth of them fail. Prints five samples of the memory in
use, as JSON. Run by test_memory.py: `memory.py async|sync CALLS`.

The server runs in another process, so that its memory does not count.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import trustme

from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk
from zitadel_grpc.credentials import PersonalAccessToken

SAMPLES = 5
METHOD = "/test.Fast/Call"
TOKEN = PersonalAccessToken("ey." + "x" * 280)


def serve(certificate: tuple[bytes, bytes], port: Connection) -> None:
    """Responds with the request, or refuses it if it ends in 0."""

    async def respond(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        if request.endswith(b"0"):
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "exists")
        return request

    async def main() -> None:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        handlers: dict[str, Any] = {"Call": grpc.unary_unary_rpc_method_handler(respond)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Fast", handlers),))
        port.send(server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([certificate])))
        await server.start()
        await server.wait_for_termination()

    asyncio.run(main())


class Samples:
    """Resident memory in bytes and number of objects that Python's garbage collector tracks. The first sample
    follows a fifth of the run, when all caches are warm."""

    def __init__(self, calls: int) -> None:
        self.seen: list[tuple[int, int]] = []
        self._every = calls // SAMPLES
        self._failed = self._done = 0

    def record(self, outcome: bulk.Outcome[bytes, bytes]) -> None:
        self._failed += outcome.error is not None
        self._done += outcome.error is None
        if (self._failed + self._done) % self._every == 0:
            gc.collect()
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.seen.append((pages * 4096, len(gc.get_objects())))

    def check(self, calls: int) -> None:
        assert (self._failed, self._done) == (calls // 10, calls - calls // 10)


def requests(calls: int) -> Iterator[bytes]:
    return (b"request %d" % number for number in range(calls))


def method_of(channel: Any) -> Any:
    return channel.unary_unary(METHOD)


async def asynchronous(client: AsyncClient, calls: int, samples: Samples, resume: Path) -> None:
    async with client:
        async for outcome in bulk.run(client.stub(method_of), requests(calls), resume=resume):
            samples.record(outcome)


def synchronous(client: Client, calls: int, samples: Samples, resume: Path) -> None:
    with client:
        for outcome in bulk.run(client.stub(method_of), requests(calls), resume=resume, concurrency=20):
            samples.record(outcome)


def main(kind: str, calls: int) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    pair = certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes()
    processes = multiprocessing.get_context("spawn")
    receiver, sender = processes.Pipe(duplex=False)
    server = processes.Process(target=serve, args=(pair, sender), daemon=True)
    server.start()
    url = f"https://localhost:{receiver.recv()}"
    options = ConnectionOptions(root_certificates=authority.cert_pem.bytes())
    samples = Samples(calls)
    with tempfile.TemporaryDirectory() as directory:
        resume = Path(directory) / "resume"
        if kind == "async":
            asyncio.run(asynchronous(AsyncClient(url, TOKEN, options=options), calls, samples, resume))
        else:
            synchronous(Client(url, TOKEN, options=options), calls, samples, resume)
    samples.check(calls)
    print(json.dumps(samples.seen))
    server.terminate()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
