"""Calls say which client sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

import zitadel_grpc
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.credentials import PersonalAccessToken

TOKEN = PersonalAccessToken("ey.some.token")
GRPC = rf"grpc-python(-asyncio)?/{re.escape(grpc.__version__)} grpc-c/[\d.]+ \(.*\)"
OURS = rf"zitadel-grpc/{re.escape(zitadel_grpc.__version__)} {GRPC}"


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


def _options(echo: EchoServer, **more: Any) -> ConnectionOptions:
    return ConnectionOptions(root_certificates=echo.root_certificates, **more)


async def _by_async_client(url: str, options: ConnectionOptions) -> None:
    async with AsyncClient(url, TOKEN, options=options) as client:
        stub = client.stub(EchoStub)
        await stub.unary_unary(StringValue(value="a"), timeout=10)
        assert [letter.value async for letter in stub.unary_stream(StringValue(value="a"), timeout=10)] == [
            "a"
        ]


async def _by_client(url: str, options: ConnectionOptions) -> None:
    with Client(url, TOKEN, options=options) as client:
        stub = client.stub(EchoStub)
        stub.unary_unary(StringValue(value="a"), timeout=10)
        assert [letter.value for letter in stub.unary_stream(StringValue(value="a"), timeout=10)] == ["a"]


async def _by_secure_channel(url: str, options: ConnectionOptions) -> None:
    async with secure_channel(url, TOKEN, options=options) as channel:
        stub = EchoStub(channel)
        await stub.unary_unary(StringValue(value="a"), timeout=10)
        assert [letter.value async for letter in stub.unary_stream(StringValue(value="a"), timeout=10)] == [
            "a"
        ]


@pytest.fixture(params=[_by_async_client, _by_client, _by_secure_channel])
def send(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_calls_name_package_and_version(send: Any, echo: EchoServer) -> None:
    await send(echo.url, _options(echo))
    assert len(echo.received) == 2
    for (user_agent,) in echo.values("user-agent"):
        assert re.fullmatch(OURS, user_agent)


async def test_calls_end_with_the_suffix(send: Any, echo: EchoServer) -> None:
    await send(echo.url, _options(echo, user_agent_suffix="my-service/1.2 (team a)"))
    assert len(echo.received) == 2
    for (user_agent,) in echo.values("user-agent"):
        assert re.fullmatch(rf"{OURS} my-service/1\.2 \(team a\)", user_agent)


async def test_channel_options_override_the_user_agent(send: Any, echo: EchoServer) -> None:
    await send(echo.url, _options(echo, channel_options=[("grpc.primary_user_agent", "mine/1")]))
    for (user_agent,) in echo.values("user-agent"):
        assert re.fullmatch(f"mine/1 {GRPC}", user_agent)
