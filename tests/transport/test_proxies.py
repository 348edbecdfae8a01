"""HTTP proxies, on both ways out: token requests and calls."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.proxy import Proxy, proxying
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError
from zitadel_grpc.testing import Emulator

VARIABLES = ["grpc_proxy", "https_proxy", "http_proxy", "all_proxy", "no_proxy", "no_grpc_proxy"]


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with proxying() as proxy:
        yield proxy


@pytest.fixture
def key(emulator: Emulator) -> JwtProfile:
    return JwtProfile.from_dict(emulator.key_file)


@pytest.fixture
def options(emulator: Emulator) -> ConnectionOptions:
    return ConnectionOptions(root_certificates=emulator.root_certificates)


async def call(kind: type[Any], emulator: Emulator, key: JwtProfile, options: ConnectionOptions) -> str:
    client = kind(emulator.url, key, options=options)
    try:
        answer = client.management.GetMyOrg(GetMyOrgRequest())
        return str((await answer if kind is AsyncClient else answer).org.name)
    finally:
        if (closing := client.close()) is not None:
            await closing


@pytest.mark.parametrize("kind", [AsyncClient, Client])
async def test_token_requests_and_calls_go_by_the_proxy_that_is_named(
    kind: type[Any], proxy: Proxy, emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    url = proxy.url.replace("http://", "http://ada:secret@")

    assert await call(kind, emulator, key, replace(options, proxy=url)) == "ZITADEL"

    there = emulator.url.removeprefix("https://")
    assert proxy.tunnels == [there, there]
    assert proxy.authorizations == [f"basic {base64.b64encode(b'ada:secret').decode().lower()}"] * 2


async def test_the_environments_proxy_serves_both_ways(
    proxy: Proxy,
    emulator: Emulator,
    key: JwtProfile,
    options: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url)

    assert await call(AsyncClient, emulator, key, options) == "ZITADEL"

    assert len(proxy.tunnels) == 2


async def test_an_empty_proxy_is_none_whatever_the_environment_says(
    proxy: Proxy,
    emulator: Emulator,
    key: JwtProfile,
    options: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url)

    assert await call(AsyncClient, emulator, key, replace(options, proxy="")) == "ZITADEL"

    assert proxy.tunnels == []


@pytest.mark.parametrize("variable", ["grpc_proxy", "https_proxy", "http_proxy"])
async def test_plaintext_goes_by_no_proxy_of_the_environment(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    with EchoServer(plaintext=True) as server:
        async with AsyncClient(server.url, PersonalAccessToken("ey.some.token")) as client:
            answer = await client.stub(EchoStub).unary_unary(StringValue(value="hello"))

    assert answer.value == "hello"
    assert proxy.tunnels == []


@pytest.mark.parametrize(
    "wrong",
    [
        "proxy.example:8080",
        "https://proxy.example:8080",
        "socks5://proxy.example:1080",
        "http://proxy.example",
        "http://proxy.example:8080/path",
        "http://ada:secret@proxy.example:port",
        "http://ada:secret@proxy.example:8080\n",
        8080,
    ],
)
def test_what_is_no_proxy_is_refused_without_being_quoted(wrong: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"proxy must be http://\[user:password@\]host:port"
    ) as raised:
        ConnectionOptions(proxy=wrong)
    assert "secret" not in str(raised.value)
    assert "secret" not in repr(ConnectionOptions(proxy="http://ada:secret@proxy.example:8080"))
