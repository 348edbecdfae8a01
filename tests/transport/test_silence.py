"""Dead connections are replaced for every kind of call, and only if nothing was received."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.counting import until
from tests.transport.relay import Relay, relaying
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.credentials import PersonalAccessToken

LATE = grpc.StatusCode.DEADLINE_EXCEEDED
both = pytest.mark.parametrize("kind", [AsyncClient, Client])
KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


@pytest.fixture
def relay(server: EchoServer) -> Iterator[Relay]:
    with relaying(server.port) as relay:
        yield relay


def client_of(kind: type[Any], server: EchoServer, url: str, **options: Any) -> Any:
    trusting = ConnectionOptions(root_certificates=server.root_certificates, **options)
    return kind(url, PersonalAccessToken("pat"), options=trusting)


async def settled(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def call(client: Any, method: str, seconds: float, **more: Any) -> Any:
    message = StringValue(value="1")
    request = iter([message]) if method.startswith("stream") else message
    made = getattr(client.stub(EchoStub), method)(request, timeout=seconds, **more)
    if not method.endswith("_stream"):
        return await settled(made)
    return list(made) if isinstance(client, Client) else [response async for response in made]


async def late(client: Any, method: str, seconds: float = 1, **more: Any) -> None:
    with pytest.raises(grpc.RpcError) as failure:
        await call(client, method, seconds, **more)
    assert failure.value.code() is LATE


@both
@pytest.mark.parametrize("method", KINDS)
async def test_the_call_after_a_timed_out_one_uses_another_connection(
    kind: type[Any], method: str, server: EchoServer, relay: Relay
) -> None:
    client = client_of(kind, server, relay.url)
    await call(client, method, 20)
    for _ in range(2):
        relay.freeze()
        before = relay.accepted
        await late(client, method)
        await call(client, method, 20)
        assert relay.accepted == before + 1
    await settled(client.close())


@both
async def test_streams_that_bring_their_token_recover(
    kind: type[Any], server: EchoServer, relay: Relay
) -> None:
    client = client_of(kind, server, relay.url)
    own: dict[str, Any] = {"metadata": [("authorization", "Bearer own")]}
    await call(client, "unary_stream", 20, **own)
    relay.freeze()
    await late(client, "unary_stream", **own)
    await call(client, "unary_stream", 20, **own)
    await settled(client.close())


@both
async def test_a_timed_out_call_replaces_all_idle_connections(
    kind: type[Any], server: EchoServer, relay: Relay
) -> None:
    client = client_of(kind, server, relay.url)
    view = client.with_retries("all")
    for used, method in ((client, "unary_unary"), (view, "unary_unary"), (client, "unary_stream")):
        await call(used, method, 20)
    relay.freeze()

    await late(client, "unary_unary")

    await call(view, "unary_unary", 20)
    await call(client, "unary_stream", 20)
    await settled(client.close())


@both
@pytest.mark.parametrize("plaintext", [False, True])
async def test_each_channel_has_its_own_connection(kind: type[Any], plaintext: bool) -> None:
    shared = (
        ("grpc.use_local_subchannel_pool", 0),
    )  # this option of the user must not reuse a dead connection
    with EchoServer(plaintext=plaintext) as server, relaying(server.port) as relay:
        url = relay.url.replace("https", "http") if plaintext else relay.url
        options: dict[str, Any] = {"channel_options": shared}
        pat = PersonalAccessToken("pat")
        if not plaintext:
            options["root_certificates"] = server.root_certificates
        clients = [kind(url, pat, options=ConnectionOptions(**options)) for _ in range(2)]
        for client in clients:
            await call(client, "unary_unary", 20)
        relay.freeze()
        for client in clients:
            await late(client, "unary_unary")
            await call(client, "unary_unary", 20)
        for client in clients:
            await settled(client.close())


@both
async def test_a_response_on_another_views_connection_proves_nothing(
    kind: type[Any], server: EchoServer, relay: Relay
) -> None:
    client = client_of(kind, server, relay.url)
    await call(client, "unary_unary", 20)
    relay.freeze()
    view = client.with_retries("all")

    dead = asyncio.gather(
        asyncio.to_thread(asyncio.run, late(client, "unary_unary", 2))
        if kind is Client
        else late(client, "unary_unary", 2)
    )
    await until(lambda: relay.lost)
    await call(view, "unary_unary", 20)
    await dead

    await call(client, "unary_unary", 20)
    await settled(client.close())


@both
@pytest.mark.parametrize("method", ["unary_unary", "unary_stream"])
async def test_deadline_exceeded_from_the_server_is_a_response(kind: type[Any], method: str) -> None:
    def refuse(_: Any, context: grpc.ServicerContext) -> Any:
        time.sleep(1.2)  # longer than any handshake
        context.abort(LATE, "the database took too long")

    with EndingServer(refuse) as server, relaying(server.port) as relay:
        client = client_of(kind, server, relay.url)
        for _ in range(2):
            await late(client, method, 20)
        assert relay.accepted == 1
        await settled(client.close())


@both
async def test_a_stream_that_received_messages_is_not_silent(kind: type[Any]) -> None:
    over = threading.Event()

    def some(_: Any, context: grpc.ServicerContext) -> Iterator[StringValue]:
        while context.is_active() and not over.wait(0.2):
            yield StringValue(value="1")

    with EndingServer(some) as server, relaying(server.port) as relay:
        client = client_of(kind, server, relay.url)
        for _ in range(3):
            await late(client, "unary_stream", 1.5)
        assert relay.accepted == 1
        over.set()
        await settled(client.close())


@both
async def test_the_end_of_an_empty_stream_is_a_response(kind: type[Any]) -> None:
    def by_value(request: StringValue, _: grpc.ServicerContext) -> Iterator[StringValue]:
        if request.value == "wait":
            waits.set()
            over.wait(10)
        return iter(())

    waits, over = threading.Event(), threading.Event()
    with EndingServer(by_value) as server, relaying(server.port) as relay:
        client = client_of(kind, server, relay.url)
        stub = client.stub(EchoStub)
        waiting = stub.unary_stream(StringValue(value="wait"), timeout=2)
        assert await asyncio.to_thread(waits.wait, 10)
        assert await call(client, "unary_stream", 20) == []
        if kind is Client:
            with pytest.raises(grpc.RpcError):
                list(waiting)
        else:
            with pytest.raises(grpc.RpcError):
                [_ async for _ in waiting]
        over.set()
        await call(client, "unary_stream", 20)
        assert relay.accepted == 1
        await settled(client.close())


class EndingServer(EchoServer):
    """`respond` replaces the methods with one request."""

    def __init__(self, respond: Callable[[Any, grpc.ServicerContext], Any]) -> None:
        self._unary_unary = self._unary_stream = respond  # type: ignore[assignment]
        super().__init__()


@both
async def test_replaced_connections_are_closed(kind: type[Any], server: EchoServer, relay: Relay) -> None:
    client = client_of(kind, server, relay.url)
    await call(client, "unary_unary", 20)
    for replaced in range(1, 3):
        relay.freeze()
        await late(client, "unary_unary")
        await call(client, "unary_unary", 20)
        for _ in range(100):
            gc.collect()  # an error may hold its call in a cycle
            if relay.closed == replaced:
                break
            await asyncio.sleep(0.1)
        assert relay.closed == replaced
    await settled(client.close())


async def test_calls_in_progress_on_a_replaced_connection_end_with_the_client(
    server: EchoServer, relay: Relay
) -> None:
    client = client_of(Client, server, relay.url)
    await call(client, "unary_unary", 20)
    relay.freeze()
    in_progress = client.stub(EchoStub).unary_unary.future(StringValue(value="1"), timeout=60)
    await late(client, "unary_unary")
    await call(client, "unary_unary", 20)

    client.close()

    assert in_progress.code() is grpc.StatusCode.CANCELLED
