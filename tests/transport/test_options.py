"""ConnectionOptions reach gRPC, on the clients' channels and on one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest
import trustme
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError

TOKEN = PersonalAccessToken("ey.some.token")
Ask = Callable[[str, ConnectionOptions], str]


async def _with_async_client(url: str, options: ConnectionOptions) -> str:
    async with AsyncClient(url, TOKEN, options=options) as client:
        return str((await client.stub(EchoStub).unary_unary(StringValue(value="hello"), timeout=10)).value)


async def _with_secure_channel(url: str, options: ConnectionOptions) -> str:
    async with secure_channel(url, TOKEN, options=options) as channel:
        return str((await EchoStub(channel).unary_unary(StringValue(value="hello"), timeout=10)).value)


async def _with_client(url: str, options: ConnectionOptions) -> str:
    with Client(url, TOKEN, options=options) as client:
        return str(client.stub(EchoStub).unary_unary(StringValue(value="hello"), timeout=10).value)


@pytest.fixture(params=[_with_async_client, _with_client, _with_secure_channel])
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


async def test_the_cas_are_trusted_and_no_others(ask: Any, echo: EchoServer) -> None:
    assert await ask(echo.url, ConnectionOptions(root_certificates=echo.root_certificates)) == "hello"
    other = trustme.CA().cert_pem.bytes()
    with pytest.raises(grpc.RpcError) as raised:
        await ask(echo.url, ConnectionOptions(root_certificates=other))
    assert isinstance(raised.value, grpc.aio.AioRpcError)
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_cas_may_be_named_by_the_environment(
    ask: Any, echo: EchoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "ca.pem").write_bytes(echo.root_certificates)
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    assert await ask(echo.url, ConnectionOptions()) == "hello"


async def test_the_clients_certificate_is_shown_to_a_server_that_asks_for_one(ask: Any) -> None:
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


async def test_a_server_can_be_dialled_by_another_name_than_its_own(ask: Any) -> None:
    with EchoServer(name="zitadel.example") as server:
        roots = server.root_certificates
        known = ConnectionOptions(root_certificates=roots, authority="zitadel.example")
        assert await ask(server.url, known) == "hello"
        with pytest.raises(grpc.RpcError):
            await ask(server.url, ConnectionOptions(root_certificates=roots))


async def test_channel_options_are_passed_on_and_count_over_the_packages_own(
    ask: Any, echo: EchoServer
) -> None:
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
