"""ZitadelAuthPlugin on channels that a user makes: the token is sent to its server only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.counting import Traffic
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import ConnectionOptions, ZitadelAuthPlugin, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ManagementServiceStub
from zitadel_grpc.credentials import AccessToken, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, CredentialsError, PlaintextWarning
from zitadel_grpc.testing import Emulator

TOKEN = "ey.some.token"


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


def composed(root_certificates: bytes, plugin: ZitadelAuthPlugin) -> grpc.ChannelCredentials:
    return grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(root_certificates), grpc.metadata_call_credentials(plugin)
    )


def plugin_result(service_url: str, url: str, **options: Any) -> Any:
    """What a plugin for `url` passes to gRPC for a call to `service_url`."""
    plugin: Any = ZitadelAuthPlugin(url, PersonalAccessToken(TOKEN), options=ConnectionOptions(**options))
    results: list[Any] = []

    class Context(grpc.AuthMetadataContext):
        def __init__(self) -> None:
            self.service_url = service_url
            self.method_name = "GetMyOrg"

    def callback(metadata: Any, error: Exception | None) -> None:
        results.append(error or metadata)

    plugin(Context(), callback)
    (result,) = results
    return result


@pytest.mark.parametrize(
    ("service_url", "url", "options"),
    [
        ("https://zitadel.example/a.Service", "https://zitadel.example", {}),
        ("https://zitadel.example/a.Service", "zitadel.example:443", {}),
        ("https://zitadel.example:443/a.Service", "https://zitadel.example/", {}),
        ("https://ZITADEL.example/a.Service", "https://zitadel.EXAMPLE", {}),
        ("https://zitadel.example:8443/a.Service", "https://zitadel.example:8443", {}),
        ("https://known.example/a.Service", "https://10.0.0.1:8443", {"authority": "known.example"}),
        ("https://known.example:9/a.Service", "https://10.0.0.1", {"authority": "known.example:9"}),
        ("https://[::1]:8443/a.Service", "https://[::1]:8443", {}),
        ("https://[2001:db8::1]/a.Service", "https://[2001:db8::1]", {}),
        ("://localhost:8480/a.Service", "http://localhost:8480", {}),
        ("://127.0.0.1:8480/a.Service", "http://127.0.0.1:8480", {}),
    ],
)
def test_the_token_is_sent_to_its_server(service_url: str, url: str, options: dict[str, Any]) -> None:
    assert plugin_result(service_url, url, **options) == (("authorization", f"Bearer {TOKEN}"),)


@pytest.mark.parametrize(
    ("service_url", "url", "options"),
    [
        ("https://other.example/a.Service", "https://zitadel.example", {}),
        ("https://zitadel.example.evil/a.Service", "https://zitadel.example", {}),
        ("https://evil/zitadel.example", "https://zitadel.example", {}),
        ("https://zitadel.example:8443/a.Service", "https://zitadel.example", {}),
        ("https://zitadel.example/a.Service", "https://zitadel.example:8443", {}),
        ("https://10.0.0.1:8443/a.Service", "https://10.0.0.1:8443", {"authority": "known.example"}),
        ("https://[::2]/a.Service", "https://[::1]", {}),
        ("", "https://zitadel.example", {}),
    ],
)
def test_the_token_is_not_sent_to_another_server(service_url: str, url: str, options: dict[str, Any]) -> None:
    refusal = plugin_result(service_url, url, **options)

    assert isinstance(refusal, CredentialsError)
    assert "authority" in str(refusal)
    assert TOKEN not in str(refusal)


def test_a_token_is_never_sent_on_a_wrong_channel(echo: EchoServer) -> None:
    with EchoServer() as another:
        plugin = ZitadelAuthPlugin(another.url, PersonalAccessToken(TOKEN))
        channel = grpc.secure_channel(echo.target, composed(echo.root_certificates, plugin))
        refusal = f"the credentials are for localhost:{another.port}"
        with channel, pytest.raises(grpc.RpcError, match=refusal) as raised:
            EchoStub(channel).unary_unary(StringValue())

        assert isinstance(raised.value, grpc.Call)
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
        assert TOKEN not in str(raised.value)
        assert echo.received == another.received == []


async def test_a_token_as_call_credentials_is_never_sent_on_a_wrong_channel(echo: EchoServer) -> None:
    plugin = ZitadelAuthPlugin("https://zitadel.example", PersonalAccessToken(TOKEN))
    credentials = grpc.ssl_channel_credentials(echo.root_certificates)
    async with grpc.aio.secure_channel(echo.target, credentials) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="no token was sent"):
            await EchoStub(channel).unary_unary(
                StringValue(), credentials=grpc.metadata_call_credentials(plugin)
            )

    assert echo.received == []


async def test_async_and_sync_channels_carry_exactly_one_token(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    traffic = Traffic(emulator)
    credentials = composed(emulator.root_certificates, ZitadelAuthPlugin(emulator.url, key, options=options))
    target = emulator.url.removeprefix("https://")

    async with grpc.aio.secure_channel(target, credentials) as channel:
        await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest())
    with grpc.secure_channel(target, credentials) as sync_channel:
        ManagementServiceStub(sync_channel).GetMyOrg(GetMyOrgRequest())

    for call in traffic.calls:
        (authorization,) = [value for name, value in call.metadata if name == "authorization"]
        assert authorization.startswith("Bearer")
    assert traffic.codes == {grpc.StatusCode.OK: 2}
    assert traffic.token_requests == 1


async def test_failing_credentials_are_named_in_the_details(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    unknown = JwtProfile.from_dict({**emulator.key_file, "userId": "1"})

    async with secure_channel(emulator.url, unknown, options=options) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="userId 1") as raised:
            await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest())

    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


def test_the_plugin_does_not_block_grpcs_thread(echo: EchoServer) -> None:
    requested, token = threading.Event(), Future[str]()

    def slow() -> str:
        requested.set()
        return token.result(20)

    plugin: Any = ZitadelAuthPlugin(echo.url, AccessToken(slow))
    result: Future[Any] = Future()

    class Context(grpc.AuthMetadataContext):
        service_url = f"{echo.url}/test.Echo"
        method_name = "unary_unary"

    plugin(Context(), lambda metadata, error: result.set_result(error or metadata))  # returns at once

    assert requested.wait(10)
    assert not result.done()
    token.set_result("ey.late")
    assert result.result(10) == (("authorization", "Bearer ey.late"),)


def test_no_token_is_sent_in_plaintext_to_another_machine() -> None:
    meshed = ConnectionOptions(allow_plaintext=True)

    with pytest.raises(ConfigurationError, match="plaintext"):
        secure_channel("http://zitadel.example", PersonalAccessToken(TOKEN))
    with (
        pytest.warns(PlaintextWarning),
        pytest.raises(ConfigurationError, match="even with allow_plaintext=True"),
    ):
        secure_channel("http://zitadel.example", PersonalAccessToken(TOKEN), options=meshed)


@pytest.mark.parametrize("make", [ZitadelAuthPlugin, secure_channel])
def test_an_invalid_url_or_option_raises_at_once(
    make: Callable[..., object], options: ConnectionOptions
) -> None:
    with pytest.raises(ConfigurationError, match="the URL"):
        make("https://host/path", PersonalAccessToken(TOKEN))
    with pytest.raises(ConfigurationError, match="JwtProfile"):
        make("https://host", TOKEN)
    with pytest.raises(ConfigurationError, match="issuer"):
        make("https://host", PersonalAccessToken(TOKEN), options=replace(options, issuer="ftp://zitadel"))
