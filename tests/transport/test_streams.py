"""Methods of every kind, of your own stubs, on every channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.counting import Traffic
from tests.transport.servers import EchoServer, EchoStub, letters, letters_async
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.testing import Emulator

TOKEN = "ey.some.token"


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


@pytest.fixture
def trusting(echo: EchoServer) -> ConnectionOptions:
    return ConnectionOptions(root_certificates=echo.root_certificates, headers={"x-fixed": "yes"})


async def talk(stub: EchoStub, **settings: Any) -> None:
    assert (await stub.unary_unary(StringValue(value="abc"), **settings)).value == "abc"
    assert [part.value async for part in stub.unary_stream(StringValue(value="abc"), **settings)] == [*"abc"]
    assert (await stub.stream_unary(letters_async("abc"), **settings)).value == "abc"
    assert [part.value async for part in stub.stream_stream(letters("abc"), **settings)] == [*"abc"]


async def test_all_kinds_of_methods_carry_the_token_of_the_async_client(
    echo: EchoServer, trusting: ConnectionOptions
) -> None:
    async with AsyncClient(echo.url, PersonalAccessToken(TOKEN), options=trusting) as client:
        await talk(client.stub(EchoStub), metadata=(("x-own", "1"),), timeout=10)

    assert echo.values("authorization") == [[f"Bearer {TOKEN}"]] * 4
    assert echo.values("x-fixed") == [["yes"]] * 4
    assert echo.values("x-own") == [["1"]] * 4


async def test_streams_can_be_written_and_read_piece_by_piece(
    echo: EchoServer, trusting: ConnectionOptions
) -> None:
    async with AsyncClient(echo.url, PersonalAccessToken(TOKEN), options=trusting) as client:
        call = client.stub(EchoStub).stream_stream(None, 10, (("x-own", "1"),))
        for letter in "abc":
            await call.write(StringValue(value=letter))
            assert (await call.read()).value == letter
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK

    assert echo.values("x-own") == [["1"]]


def test_all_kinds_of_methods_carry_the_token_of_the_client(
    echo: EchoServer, trusting: ConnectionOptions
) -> None:
    request, own = StringValue(value="abc"), (("x-own", "1"),)
    with Client(echo.url, PersonalAccessToken(TOKEN), options=trusting) as client:
        stub = client.stub(EchoStub)
        assert stub.unary_unary(request, metadata=own).value == "abc"
        assert [part.value for part in stub.unary_stream(request, 10, own)] == [*"abc"]
        assert stub.stream_unary(letters("abc"), 10, own).value == "abc"
        assert stub.stream_unary.with_call(letters("abc"), metadata=own)[0].value == "abc"
        assert stub.stream_unary.future(letters("abc"), metadata=own).result(10).value == "abc"
        assert [part.value for part in stub.stream_stream(letters("abc"), metadata=own)] == [*"abc"]

    assert echo.values("authorization") == [[f"Bearer {TOKEN}"]] * 6
    assert echo.values("x-fixed") == [["yes"]] * 6
    assert echo.values("x-own") == [["1"]] * 6


async def test_all_kinds_of_methods_carry_the_token_of_a_secure_channel(
    echo: EchoServer, trusting: ConnectionOptions
) -> None:
    async with secure_channel(echo.url, PersonalAccessToken(TOKEN), options=trusting) as channel:
        await talk(EchoStub(channel))

    assert echo.values("authorization") == [[f"Bearer {TOKEN}"]] * 4


async def test_your_own_service_is_called_with_a_token_from_zitadel(
    echo: EchoServer, emulator: Emulator, options: ConnectionOptions
) -> None:
    both = echo.root_certificates + emulator.root_certificates
    options = ConnectionOptions(root_certificates=both, issuer=emulator.url)
    key = JwtProfile.from_dict(emulator.key_file, project_ids=["1234"])
    traffic = Traffic(emulator)

    async with secure_channel(echo.url, key, options=options) as channel:
        await talk(EchoStub(channel))

    ((token,), *others) = echo.values("authorization")
    assert others == [[token]] * 3
    assert token.startswith("Bearer ey")
    assert traffic.token_requests == 1


@pytest.mark.parametrize("own", ["metadata", "credentials"])
async def test_a_streams_own_authorization_replaces_the_clients(
    echo: EchoServer, trusting: ConnectionOptions, own: str
) -> None:
    settings: dict[str, Any] = {"metadata": (("Authorization", "Bearer own"),)}
    if own == "credentials":
        settings = {"credentials": grpc.access_token_call_credentials("own")}

    async with AsyncClient(echo.url, PersonalAccessToken(TOKEN), options=trusting) as client:
        await talk(client.stub(EchoStub), **settings)
    with Client(echo.url, PersonalAccessToken(TOKEN), options=trusting) as sync_client:
        assert sync_client.stub(EchoStub).stream_unary(letters("abc"), **settings).value == "abc"

    assert echo.values("authorization") == [["Bearer own"]] * 5


async def test_a_views_streams_act_in_its_organization(echo: EchoServer, trusting: ConnectionOptions) -> None:
    async with AsyncClient(echo.url, PersonalAccessToken(TOKEN), options=trusting) as client:
        await talk(client.with_org("123").stub(EchoStub))

    assert echo.values("x-zitadel-orgid") == [["123"]] * 4


async def test_streams_raise_the_errors_of_grpc(echo: EchoServer, trusting: ConnectionOptions) -> None:
    async with AsyncClient(echo.url, PersonalAccessToken(TOKEN), options=trusting) as client:
        stub: Any = client.stub(lambda channel: channel.unary_stream("/test.Echo/none"))
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub(b"").read()

    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
