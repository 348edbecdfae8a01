"""Options and arguments of a wrong type are refused when they are given."""

import contextlib
import math
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, DeadlineExceeded, ZitadelError
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize(
    "wrong",
    [
        {"allow_plaintext": "false"},
        {"allow_plaintext": 1},
        {"allow_plaintext": None},
        {"traces": "no"},
        {"authority": 1},
        {"issuer": b"https://x"},
        {"token_endpoint": Path("x")},
        {"proxy": 1},
        {"token_timeout": True},
        {"token_timeout": math.nan},
        {"token_timeout": math.inf},
        {"keepalive": True},
        {"headers": "x: y"},
        {"headers": [("x", "y", "z")]},
        {"headers": 1},
        {"channel_options": "x"},
        {"channel_options": [("x",)]},
        {"channel_options": [(1, 1)]},
        {"max_response_bytes": True},
    ],
)
def test_an_option_of_another_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ConnectionOptions(**wrong)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    "wrong",
    [{"validate": "no"}, {"options": {}}, {"timeout": True}, {"timeout": "1"}]
    + [{"timeout": seconds} for seconds in (math.inf, math.nan, 1e300, 0, -1)],
)
def test_an_argument_of_another_type_is_refused(client: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        client("https://localhost", AccessToken("t"), **wrong)


@pytest.mark.parametrize("seconds", [math.inf, math.nan, 1e300, 7e9, "1", True])
async def test_a_timeout_that_grpc_cannot_count_is_refused(zitadel: Emulator, seconds: Any) -> None:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    given = zitadel.url, PersonalAccessToken(zitadel.pat)
    with Client(*given, options=options) as client:
        method = client.management.GetMyOrg
        for call in (method, method.with_call, method.future):
            with pytest.raises(ConfigurationError, match="timeout must be"):
                call(GetMyOrgRequest(), timeout=seconds)
        assert method(GetMyOrgRequest(), timeout=1e9).org.name
        with pytest.raises(DeadlineExceeded):
            method(GetMyOrgRequest(), timeout=-1)
    async with AsyncClient(*given, options=options) as async_client:
        with pytest.raises(ConfigurationError, match="timeout must be"):
            await async_client.management.GetMyOrg(GetMyOrgRequest(), timeout=seconds)


@pytest.mark.parametrize("host", ["unix:8443", "ipv4:443", "xds", "dns:443", "unix-abstract:1", "vsock:1"])
def test_a_host_that_is_named_as_a_scheme_of_grpc_is_a_host(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("8443")
    listening.listen()
    got: list[bytes] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            got.append(listening.accept()[0].recv(10))

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    with Client(f"https://{host}", AccessToken("t"), timeout=2) as client, pytest.raises(ZitadelError):
        client.management.GetMyOrg(GetMyOrgRequest())
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)
    assert not got
    Path("8443").unlink()
