"""Two HTTP versions on one port: bodies of any size, slow readers, peers that disconnect."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import trustme

from zitadel_grpc.testing._wire.listener import Listener
from zitadel_grpc.testing._wire.messages import Request, Response


class Served:
    """An echoing listener and the requests that it received."""

    def __init__(self, authority: trustme.CA) -> None:
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        self.port = 0
        self.cancelled = asyncio.Event()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    async def handle(self, request: Request) -> Response:
        if request.path == "/hang":
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
        headers = [("x-authority", request.authority), ("x-method", request.method)]
        return Response(200, headers, request.body)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with _serve() as served:
        yield served


@asynccontextmanager
async def _serve() -> AsyncIterator[Served]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
    served = Served(authority)
    listener = Listener(served.handle, context)
    served.port = listener.bind(0)
    listener.start()
    yield served
    await listener.stop()


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), (["h2"], "h2"), (None, None)],
    ids=repr,
)
async def test_alpn_chooses_the_version(
    served: Served, offered: list[str] | None, spoken: str | None
) -> None:
    if offered:
        served.trust.set_alpn_protocols(offered)
    reader, writer = await asyncio.open_connection("localhost", served.port, ssl=served.trust)
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == spoken
    if spoken != "h2":
        writer.write(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    else:
        assert len(await reader.readexactly(9)) == 9  # the server's SETTINGS come first
    writer.transport.abort()


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize("size", [0, 1, 100_000, 900_000])
async def test_bodies_are_transferred_completely(served: Served, http2: bool, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    async with httpx2.AsyncClient(http2=http2, http1=not http2, verify=served.trust) as http:
        for _ in range(3):
            response = await http.put(f"{served.url}/echo", content=body[:size])
            assert response.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
            assert response.content == body[:size]
            assert response.headers["x-authority"] == f"localhost:{served.port}"
            assert response.headers["x-method"] == "PUT"


async def test_many_requests_share_one_http2_connection(served: Served) -> None:
    async with httpx2.AsyncClient(http2=True, verify=served.trust) as http:
        responses = await asyncio.gather(
            *(http.post(served.url, content=b"%d" % n * 5000) for n in range(200))
        )
    assert [response.content for response in responses] == [b"%d" % n * 5000 for n in range(200)]


async def test_pipelined_http1_requests_get_responses_in_order(served: Served) -> None:
    reader, writer = await asyncio.open_connection("localhost", served.port, ssl=served.trust)
    for body in (b"one", b"two"):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n" + body)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    outcomes = await reader.read(-1)
    assert outcomes.count(b"HTTP/1.1 200") == 3
    assert outcomes.index(b"one") < outcomes.index(b"two")
    writer.transport.abort()


async def test_a_client_can_wait_for_100_continue(served: Served) -> None:
    reader, writer = await asyncio.open_connection("localhost", served.port, ssl=served.trust)
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n")
    assert b"100" in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"abc")
    assert b"200" in await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
async def test_a_request_is_cancelled_when_the_peer_disconnects(served: Served, http2: bool) -> None:
    async with httpx2.AsyncClient(http2=http2, http1=not http2, verify=served.trust) as http:
        with pytest.raises(httpx2.ReadTimeout):
            await http.get(f"{served.url}/hang", timeout=httpx2.Timeout(10, read=0.1))
    await asyncio.wait_for(served.cancelled.wait(), 5)


@pytest.mark.parametrize("alpn", ["h2", "http/1.1"])
async def test_garbage_closes_only_its_connection(served: Served, alpn: str) -> None:
    served.trust.set_alpn_protocols([alpn])
    reader, writer = await asyncio.open_connection("localhost", served.port, ssl=served.trust)
    writer.write(b"\x00" * 3 + b"garbage\r\n\r\n" * 10)
    await asyncio.wait_for(reader.read(-1), 5)
    writer.transport.abort()
    async with httpx2.AsyncClient(verify=served.trust) as http:
        assert (await http.get(served.url)).status_code == 200


async def test_a_body_that_is_too_large_is_refused(served: Served) -> None:
    async with httpx2.AsyncClient(verify=served.trust) as http:
        # The connection may close before everything has been sent.
        with contextlib.suppress(httpx2.TransportError):
            assert (await http.post(served.url, content=b"x" * 3_000_000)).status_code == 413
