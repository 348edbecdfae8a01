"""HTTP proxies for token requests and calls."""

from __future__ import annotations

import base64
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.proxy import Proxy, proxying
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, _proxies, secure_channel
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, DeadlineExceeded, TokenEndpointError, Unavailable
from zitadel_grpc.testing import Emulator

VARIABLES = ["grpc_proxy", "https_proxy", "http_proxy", "all_proxy", "no_proxy", "no_grpc_proxy"]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
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
        response = client.management.GetMyOrg(GetMyOrgRequest())
        return str((await response if kind is AsyncClient else response).org.name)
    finally:
        if (closing := client.close()) is not None:
            await closing


@pytest.mark.parametrize("kind", [AsyncClient, Client])
async def test_token_requests_and_calls_use_the_configured_proxy(
    kind: type[Any], proxy: Proxy, emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    url = proxy.url.replace("http://", "http://ada:secret@")

    assert await call(kind, emulator, key, replace(options, proxy=url)) == "ZITADEL"

    there = emulator.url.removeprefix("https://")
    assert proxy.tunnels == [there, there]
    assert proxy.authorizations == [f"basic {base64.b64encode(b'ada:secret').decode().lower()}"] * 2


async def test_token_requests_and_calls_use_the_environments_proxy(
    proxy: Proxy,
    emulator: Emulator,
    key: JwtProfile,
    options: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url)

    assert await call(AsyncClient, emulator, key, options) == "ZITADEL"

    assert len(proxy.tunnels) == 2


async def test_an_empty_proxy_overrides_the_environment(
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
async def test_plaintext_does_not_use_the_environments_proxy(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    with EchoServer(plaintext=True) as server:
        async with AsyncClient(server.url, PersonalAccessToken("ey.some.token")) as client:
            response = await client.stub(EchoStub).unary_unary(StringValue(value="hello"))

    assert response.value == "hello"
    assert proxy.tunnels == []


@pytest.mark.parametrize(
    "wrong",
    [
        "https://proxy.example:8080",
        "socks5://proxy.example:1080",
        "http://proxy.example:8080/path",
        "http://ada:secret@proxy.example:port",
        "http://ada:secret@proxy.example:8080\n",
    ],
)
def test_an_invalid_proxy_is_rejected_without_being_quoted(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^proxy (is not a valid|has the scheme)") as raised:
        ConnectionOptions(proxy=wrong)
    assert "secret" not in str(raised.value)
    assert "secret" not in repr(ConnectionOptions(proxy="http://ada:secret@proxy.example:8080"))


@pytest.mark.parametrize("given", ["proxy.example", "http://proxy.example"])
def test_the_option_and_the_environment_read_the_same_urls(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint.parse("https://example.com")
    monkeypatch.setenv("https_proxy", given)
    found = [_proxies.resolve(endpoint, ConnectionOptions(proxy=proxy)) for proxy in (given, None)]
    assert [proxy and proxy.url for proxy in found] == ["http://proxy.example:80"] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        "socks5://ada:secret@a:1080",
        "socks5h://a:1",
        "https://ada:secret@a:1",
        "http://ada:secret@a:port",
        "http://ada:secret@",
        "http://ada:sec ret@a:1",
        "http://ada:s/ecret@a/x:1",
        "http://ada:secret/@a:1",
        "http://ada:12#secret@a:1",
        "http://ada:12?secret@a:1",
        "http://ada:[secret@a:1",
        "http://ada:secret@a:0",
        "http://ada:secret@a$b:1",
        "ada:1/://secret@a:1",
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy", "grpc_proxy"])
def test_an_unsupported_proxy_is_named_by_its_variable(
    wrong: str, variable: str, emulator: Emulator, key: JwtProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, wrong)
    for make in (AsyncClient, Client, secure_channel):
        with pytest.raises(ConfigurationError, match=variable) as raised:
            make(emulator.url, key)
        frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)][
            1:
        ]  # without this test's frame
        for shown in (str(raised.value), *(str(frame.f_locals) for frame in frames)):
            assert "ada" not in shown
            assert "ecret" not in shown
        assert raised.value.__cause__ is raised.value.__context__ is None
    monkeypatch.setenv("NO_PROXY", "localhost")
    Client(emulator.url, key)


@pytest.mark.parametrize("kind", [AsyncClient, Client])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "all_proxy", "grpc_proxy"])
async def test_token_requests_and_calls_use_the_same_proxy(
    kind: type[Any],
    variable: str,
    proxy: Proxy,
    emulator: Emulator,
    key: JwtProfile,
    options: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = emulator.url.rpartition(":")[2]
    monkeypatch.setenv(variable, proxy.url)
    assert await call(kind, emulator, key, options) == "ZITADEL"
    assert len(proxy.tunnels) == 2
    monkeypatch.setenv("NO_PROXY", f"localhost:{port}")
    other = JwtProfile.from_dict(emulator.key_file)
    assert await call(kind, emulator, other, options) == "ZITADEL"
    assert len(proxy.tunnels) == 2
    # `NO_PROXY` does not apply to a proxy that the option names.
    other = JwtProfile.from_dict(emulator.key_file)
    assert await call(kind, emulator, other, replace(options, proxy=proxy.url)) == "ZITADEL"
    assert len(proxy.tunnels) == 4


async def test_a_later_change_of_the_environment_changes_nothing(
    proxy: Proxy,
    emulator: Emulator,
    key: JwtProfile,
    options: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    async with AsyncClient(emulator.url, key, options=options) as client:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.name
    assert len(proxy.tunnels) == 2


async def test_streams_and_channels_request_their_tokens_through_the_proxy_for_token_requests(
    proxy: Proxy,
    emulator: Emulator,
    options: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    issuer = emulator.url.removeprefix("https://")
    with EchoServer(name="127.0.0.1") as server:
        there = server.url.replace("localhost", "127.0.0.1")
        roots = server.root_certificates + emulator.root_certificates
        options = replace(options, root_certificates=roots, issuer=emulator.url)
        for kind in (AsyncClient, Client, secure_channel):
            key = JwtProfile.from_dict(emulator.key_file)
            made: Any = kind(there, key, options=options)
            stub = EchoStub(made) if kind is secure_channel else made.stub(EchoStub)
            stream = stub.unary_stream(StringValue(value="a"))
            if kind is Client:
                assert [letter.value for letter in stream] == ["a"]
                made.close()
            else:
                assert [letter.value async for letter in stream] == ["a"]
                await made.close()

    assert proxy.tunnels == [issuer] * 3


async def test_a_proxy_that_never_responds_is_named(
    emulator: Emulator, options: ConnectionOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", url)
        async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
            with pytest.raises(DeadlineExceeded, match=rf"the proxy {url} \(HTTPS_PROXY\)"):
                await client.management.GetMyOrg(GetMyOrgRequest(), timeout=0.5)


async def test_errors_name_the_proxy_and_its_variable(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:secret@127.0.0.1:1")
    named = r"the proxy http://127\.0\.0\.1:1 \(HTTPS_PROXY\)"
    pat = PersonalAccessToken(emulator.pat)
    async with AsyncClient(emulator.url, pat, options=options, timeout=5) as client:
        with pytest.raises(Unavailable, match=named) as raised:
            await client.management.GetMyOrg(GetMyOrgRequest())
        assert "secret" not in str(raised.value)
    with (
        Client(emulator.url, pat, options=options, timeout=5) as sync_client,
        pytest.raises(Unavailable, match=named),
    ):
        sync_client.management.GetMyOrg(GetMyOrgRequest())
    with (
        Client(emulator.url, key, options=replace(options, token_timeout=2)) as sync_client,
        pytest.raises(TokenEndpointError, match=named),
    ):
        sync_client.access_token()
