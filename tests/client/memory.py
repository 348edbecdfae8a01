"""Makes many calls, and prints the memory that remains allocated, as JSON. Run by test_memory.py.

`memory.py WAY CALLS`, where WAY is one of `WAYS`. The server runs in another process, so that the memory of
this one is the client's.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import sys
import threading
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import trustme

from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.credentials import PersonalAccessToken

ROUNDS = 5
AT_ONCE = 25
METHOD = "/test.Fast/Call"
TOKEN = PersonalAccessToken("ey." + "x" * 280)


def serve(certificate: tuple[bytes, bytes], port_pipe: Connection) -> None:
    """Responds to every call with an empty message."""

    async def respond(request: bytes, _: object) -> bytes:
        return request

    async def main() -> None:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        handlers: dict[str, Any] = {"Call": grpc.unary_unary_rpc_method_handler(respond)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Fast", handlers),))
        port_pipe.send(server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([certificate])))
        await server.start()
        await server.wait_for_termination()

    asyncio.run(main())


def method_of(channel: Any) -> Any:
    return channel.unary_unary(METHOD)


async def measured(call: Callable[[], Awaitable[object]], calls: int) -> list[tuple[int, int]]:
    """After each round: resident memory in bytes, and number of objects that Python's collector tracks."""
    seen = []

    async def share() -> None:
        for _ in range(calls // ROUNDS // AT_ONCE):
            await call()

    for _ in range(ROUNDS):
        await asyncio.gather(*(share() for _ in range(AT_ONCE)))
        gc.collect()
        seen.append((resident(), len(gc.get_objects())))
    return seen


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


async def by_async_client(url: str, options: ConnectionOptions, calls: int) -> list[tuple[int, int]]:
    async with AsyncClient(url, TOKEN, options=options) as client:
        method = client.stub(method_of)
        return await measured(lambda: method(b""), calls)


async def by_views(url: str, options: ConnectionOptions, calls: int) -> list[tuple[int, int]]:
    async with AsyncClient(url, TOKEN, options=options) as client:
        return await measured(lambda: client.with_org("1").stub(method_of)(b""), calls)


async def by_secure_channel(url: str, options: ConnectionOptions, calls: int) -> list[tuple[int, int]]:
    async with secure_channel(url, TOKEN, options=options) as channel:
        method = method_of(channel)
        return await measured(lambda: method(b""), calls)


async def by_client(url: str, options: ConnectionOptions, calls: int) -> list[tuple[int, int]]:
    with Client(url, TOKEN, options=options) as client:
        method = client.stub(method_of)
        seen = []
        for _ in range(ROUNDS):
            threads = [
                threading.Thread(target=lambda: [method(b"") for _ in range(calls // ROUNDS // 4)])
                for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            gc.collect()
            seen.append((resident(), len(gc.get_objects())))
        return seen


WAYS = {
    "async-client": by_async_client,
    "views": by_views,
    "secure-channel": by_secure_channel,
    "client": by_client,
}


def main() -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    pair = certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes()
    processes = multiprocessing.get_context("spawn")
    listening, port_pipe = processes.Pipe(duplex=False)
    server = processes.Process(target=serve, args=(pair, port_pipe), daemon=True)
    server.start()
    url = f"https://localhost:{listening.recv()}"
    options = ConnectionOptions(root_certificates=authority.cert_pem.bytes())
    print(json.dumps(asyncio.run(WAYS[sys.argv[1]](url, options, int(sys.argv[2])))))
    server.terminate()


if __name__ == "__main__":
    main()
