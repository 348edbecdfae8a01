"""ConnectionOptions apply to the clients' channels and to your own."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import grpc
import grpc.aio
import h2.config
import h2.connection
import h2.events
import pytest
import trustme
from google.protobuf.wrappers_pb2 import StringValue

from tests.client.proxies import Serve, listening
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, PlaintextWarning
from zitadel_grpc.testing import Emulator

TOKEN = PersonalAccessToken("ey.some.token")
Ask = Callable[[str, ConnectionOptions], str]


async def _with_async_client(url: str, options: ConnectionOptions, text: str = "hello") -> str:
    async with AsyncClient(url, TOKEN, options=options) as client:
        return str((await client.stub(EchoStub).unary_unary(StringValue(value=text), timeout=10)).value)


async def _with_secure_channel(url: str, options: ConnectionOptions, text: str = "hello") -> str:
    async with secure_channel(url, TOKEN, options=options) as channel:
        return str((await EchoStub(channel).unary_unary(StringValue(value=text), timeout=10)).value)


async def _with_client(url: str, options: ConnectionOptions, text: str = "hello") -> str:
    with Client(url, TOKEN, options=options) as client:
        return str(client.stub(EchoStub).unary_unary(StringValue(value=text), timeout=10).value)


@pytest.fixture(params=[_with_async_client, _with_client, _with_secure_channel])
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


async def test_only_the_given_cas_are_trusted(ask: Any, echo: EchoServer) -> None:
    assert await ask(echo.url, ConnectionOptions(root_certificates=echo.root_certificates)) == "hello"
    other = trustme.CA().cert_pem.bytes()
    with pytest.raises(grpc.RpcError) as raised:
        await ask(echo.url, ConnectionOptions(root_certificates=other))
    assert isinstance(raised.value, grpc.aio.AioRpcError)
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_environment_can_name_the_cas(
    ask: Any, echo: EchoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "ca.pem").write_bytes(echo.root_certificates)
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    assert await ask(echo.url, ConnectionOptions()) == "hello"


async def test_the_client_certificate_is_sent_to_a_server_that_requests_one(ask: Any) -> None:
    authority = trustme.CA()
    ours = authority.issue_cert("service.example")
    chain = b"".join(pem.bytes() for pem in ours.cert_chain_pems)
    with EchoServer(client_ca=authority) as server:
        roots = server.root_certificates
        with_certificate = ConnectionOptions(
            root_certificates=roots, certificate_chain=chain, private_key=ours.private_key_pem.bytes()
        )
        assert await ask(server.url, with_certificate) == "hello"
        with pytest.raises(grpc.RpcError):
            await ask(server.url, ConnectionOptions(root_certificates=roots))


async def test_a_server_can_be_reached_by_another_name_than_its_own(ask: Any) -> None:
    with EchoServer(name="zitadel.example") as server:
        roots = server.root_certificates
        known = ConnectionOptions(root_certificates=roots, authority="zitadel.example")
        assert await ask(server.url, known) == "hello"
        with pytest.raises(grpc.RpcError):
            await ask(server.url, ConnectionOptions(root_certificates=roots))


async def test_channel_options_are_passed_on_and_override_the_defaults(ask: Any, echo: EchoServer) -> None:
    small = (("grpc.max_receive_message_length", 3),)
    with pytest.raises(grpc.RpcError) as raised:
        await ask(
            echo.url, ConnectionOptions(root_certificates=echo.root_certificates, channel_options=small)
        )
    assert isinstance(raised.value, grpc.aio.AioRpcError)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "broken",
    [
        {"root_certificates": b"no PEM"},
        {"certificate_chain": b"no PEM", "private_key": b"no PEM"},
    ],
)
async def test_a_certificate_that_cannot_be_read_is_named(
    ask: Any, echo: EchoServer, broken: dict[str, bytes]
) -> None:
    given: dict[str, Any] = {"root_certificates": echo.root_certificates, **broken}
    with pytest.raises(ConfigurationError, match=next(iter(broken))):
        await ask(echo.url, ConnectionOptions(**given))


async def test_plaintext_to_loopback_works(ask: Any) -> None:
    with EchoServer(plaintext=True) as server:
        assert await ask(server.url, ConnectionOptions()) == "hello"
        assert server.values("authorization") == [["Bearer ey.some.token"]]


@pytest.mark.parametrize(
    "limit", [{"max_request_bytes": 100}, {"max_response_bytes": 100}], ids=["requests", "responses"]
)
async def test_responses_over_the_limit_are_rejected(
    ask: Any, echo: EchoServer, limit: dict[str, int]
) -> None:
    async def say(text: str) -> str:
        options = ConnectionOptions(root_certificates=echo.root_certificates, **limit)  # type: ignore[arg-type]
        return str(await ask(echo.url, options, text))

    assert await say("a" * 90) == "a" * 90
    with pytest.raises(grpc.RpcError) as raised:
        await say("a" * 110)
    assert isinstance(raised.value, grpc.aio.AioRpcError)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_responses_of_more_than_4_mib_are_accepted(ask: Any, echo: EchoServer) -> None:
    options = ConnectionOptions(root_certificates=echo.root_certificates)
    with EchoServer(largest=64 * 1024 * 1024) as server:
        options = ConnectionOptions(root_certificates=server.root_certificates)
        text = "a" * 5_000_000
        assert await ask(server.url, options, text) == text


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
async def test_requests_are_compressed(ask: Any, compression: Any) -> None:
    seen: list[str] = []

    def notice(connection: h2.connection.H2Connection, event: object) -> None:
        if isinstance(event, h2.events.RequestReceived):
            seen.append(dict(event.headers)[b"grpc-encoding"].decode())
            refused = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")]
            connection.send_headers(event.stream_id, refused, end_stream=True)

    with listening(noticing(notice)) as place, pytest.raises(grpc.RpcError):
        await ask(place.url, replace(place.options, compression=compression), "a" * 1000)
    assert seen == [compression]


async def test_headers_name_the_instance_on_calls_and_token_requests(emulator: Emulator) -> None:
    by_address = emulator.url.replace("localhost", "127.0.0.1")
    options = ConnectionOptions(
        root_certificates=emulator.root_certificates,
        instance_host="localhost",
        public_host="login.example",
        headers={"x-zitadel-public-host": "other.example", "x-gateway": "1"},
        # gRPC and httpx2 check the certificate, which is for localhost, against the name in the URL.
        issuer=emulator.url,
    )
    key = JwtProfile.from_dict(emulator.key_file)
    async with AsyncClient(by_address, key, options=options) as client:
        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.name == "ZITADEL"
    sent = emulator.calls[-1].metadata
    assert [value for name, value in sent if name == "x-zitadel-public-host"] == ["login.example"]
    assert ("x-zitadel-instance-host", "localhost") in sent
    assert ("x-gateway", "1") in sent


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keepalive": 1}, "keepalive must be None or a number of seconds from 10 to 86400, not 1"),
        ({"keepalive": True}, "keepalive"),
        ({"max_request_bytes": 0}, "max_request_bytes must be a number of bytes"),
        ({"max_response_bytes": None}, "max_response_bytes must be a number of bytes"),
        ({"max_response_bytes": 2**31}, "max_response_bytes must be a number of bytes"),
        ({"compression": "brotli"}, 'compression must be "deflate", "gzip" or None'),
        ({"instance_host": "https://host"}, "instance_host must be a host name"),
        ({"public_host": "two words"}, "public_host must be a host name"),
    ],
)
def test_invalid_options_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        ConnectionOptions(**wrong)


@pytest.mark.slow
async def test_keepalive_pings_a_server_during_a_call() -> None:
    pinged = threading.Event()

    def notice(_: h2.connection.H2Connection, event: object) -> None:
        if isinstance(event, h2.events.PingReceived):
            pinged.set()

    with listening(noticing(notice)) as place:
        async with AsyncClient(place.url, TOKEN, options=replace(place.options, keepalive=10)) as client:
            call = client.stub(EchoStub).unary_unary(StringValue(value="hello"))
            assert await asyncio.to_thread(pinged.wait, 25)
            call.cancel()


async def test_plaintext_to_another_machine_warns_once() -> None:
    options = ConnectionOptions(allow_plaintext=True)
    with pytest.warns(PlaintextWarning, match=r"tokens are sent to http://mesh\.example in plaintext"):
        Client("http://mesh.example", TOKEN, options=options)
    Client("http://mesh.example", TOKEN, options=options)
    with pytest.raises(ConfigurationError, match="plaintext"):
        Client("http://mesh.example", TOKEN)


def noticing(notice: Callable[[h2.connection.H2Connection, object], None]) -> Serve:
    """HTTP/2 that passes all received data to `notice`."""

    def serve(stream: socket.socket) -> None:
        settings = h2.config.H2Configuration(client_side=False)
        connection = h2.connection.H2Connection(settings)
        connection.initiate_connection()
        stream.sendall(connection.data_to_send())
        while received := stream.recv(65536):
            for event in connection.receive_data(received):
                notice(connection, event)
            stream.sendall(connection.data_to_send())

    return serve
