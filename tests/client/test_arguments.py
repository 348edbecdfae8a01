"""Options and arguments of the wrong type are refused at once."""

import contextlib
import functools
import math
import socket
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc._options import header_pairs
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ListUsersRequest
from zitadel_grpc.credentials import AccessToken, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, CredentialsError, DeadlineExceeded, ZitadelError
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize(
    "wrong",
    [
        {"allow_plaintext": "false"},
        {"allow_plaintext": 1},
        {"allow_plaintext": None},
        {"tracing": "no"},
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
        {"channel_options": [("grpc.x", 1.5)]},
        {"channel_options": [("grpc.x", 2**40)]},
        {"channel_options": [("grpc.x", "\udcff")]},
        {"compression": ["gzip"]},
        {"token_timeout": 10**5000},
        {"keepalive": 10**5000},
    ],
)
def test_an_option_of_another_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ConnectionOptions(**wrong)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    "wrong",
    [{"validate": "no"}, {"options": {}}, {"timeout": True}, {"timeout": "1"}]
    + [{"timeout": seconds} for seconds in (math.inf, math.nan, 1e300, 10**5000, 0, -1)]
    + [{"interceptors": given} for given in (None, 5, "x", [5], [object()])],
)
def test_an_argument_of_another_type_is_refused(client: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        client("https://localhost", AccessToken("t"), **wrong)


@pytest.mark.parametrize(
    "seconds", [math.inf, math.nan, 1e300, 10**5000, 7e9, "1", True], ids=lambda given: type(given).__name__
)
async def test_a_timeout_out_of_grpcs_range_is_refused(zitadel: Emulator, seconds: Any) -> None:
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
        with pytest.raises(ConfigurationError, match="timeout must be"):
            await async_client.wait_until(
                lambda: async_client.management.GetMyOrg(GetMyOrgRequest()), timeout=seconds
            )


def test_interceptors_must_match_the_client() -> None:
    class Sync(grpc.UnaryUnaryClientInterceptor):
        def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
            return continuation(client_call_details, request)

    Client("https://localhost", AccessToken("t"), interceptors=(one for one in [Sync()]))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"client interceptors of grpc\.aio, not Sync"):
        AsyncClient("https://localhost", AccessToken("t"), interceptors=[Sync()])  # type: ignore[list-item]


def test_pairs_may_come_from_an_iterator() -> None:
    options = ConnectionOptions(
        headers=iter([("X-A", "1")]),  # type: ignore[arg-type]
        channel_options=zip(["grpc.x"], [1], strict=True),  # type: ignore[arg-type]
    )
    assert header_pairs(options) == (("x-a", "1"),)
    assert options.channel_options == (("grpc.x", 1),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"Bearer S3CRET": "x-api-key"}},
        {"headers": [("x-api-key: S3CRET", "")]},
        {"instance_host": "https://user:S3CRET@host"},
        {"public_host": "S3CRET/"},
        {"compression": "S3CRET"},
        {"retries": "S3CRET"},
        {"keepalive": "S3CRET"},
        {"token_timeout": "S3CRET"},
        {"max_request_bytes": "S3CRET"},
        {"channel_options": [("grpc.x", "S3CRET\udcff")]},
    ],
)
def test_no_error_quotes_an_option_that_may_be_secret(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ConnectionOptions(**wrong)
    assert "s3cret" not in f"{refused.value!r}{refused.value.__context__!r}".lower()


@pytest.mark.parametrize("host", ["unix:8443", "ipv4:443", "xds", "dns:443", "unix-abstract:1", "vsock:1"])
def test_a_host_with_the_name_of_a_grpc_scheme_is_a_host(
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


def test_an_ipv6_address_is_dialled() -> None:
    got: list[bytes] = []
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                got.append(connection.recv(10))
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        url = f"https://[::1]:{listening.getsockname()[1]}"
        with Client(url, AccessToken("t"), timeout=5) as client, pytest.raises(ZitadelError):
            client.management.GetMyOrg(GetMyOrgRequest())
        thread.join(5)
    assert got
    assert got[0].startswith(b"\x16\x03")  # TLS


@pytest.mark.parametrize(
    "wrong",
    [
        {"credentials": "Bearer x"},
        {"credentials": grpc.ssl_channel_credentials()},
        {"wait_for_ready": "no"},
        {"compression": "gzip"},
        {"compression": 77},
    ],
)
async def test_a_calls_options_of_another_type_are_refused(wrong: dict[str, Any]) -> None:
    url, token, request = "https://127.0.0.1:1", PersonalAccessToken("t"), GetMyOrgRequest()
    with Client(url, token) as client:
        method: Any = client.management.GetMyOrg
        for call in (method, method.with_call, method.future):
            with pytest.raises(ConfigurationError, match=next(iter(wrong))):
                call(request, **wrong)
    async with AsyncClient(url, token) as async_client:
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            async_client.management.GetMyOrg(request, **wrong)


@pytest.mark.parametrize("grace", ["5", -1, math.nan, math.inf, True])
async def test_a_grace_that_is_not_a_time_is_refused(grace: Any) -> None:
    client = AsyncClient("https://127.0.0.1:1", PersonalAccessToken("t"))
    with pytest.raises(ConfigurationError, match="grace"):
        await client.close(grace)
    await client.close(0)


def test_what_cannot_be_paged_is_not_quoted() -> None:
    with Client("https://127.0.0.1:1", PersonalAccessToken("t")) as client:
        call = functools.partial(len, "a-secret")
        with pytest.raises(ConfigurationError, match="not len") as caught:
            client.paginate(call, ListUsersRequest())  # type: ignore[arg-type]
    assert "a-secret" not in str(caught.value)


def test_line_breaks_around_a_url_are_ignored() -> None:
    options = ConnectionOptions(
        issuer="https://issuer.example\n", token_endpoint="\nhttps://x.example/token\n"
    )
    with Client("https://zitadel.example\n", PersonalAccessToken("t"), options=options) as client:
        assert "zitadel.example'" in repr(client)


@pytest.mark.parametrize("path", ["/run/secrets/pat", "./pat.txt", "~/pat", "C:\\pat.txt", "../pat"])
def test_a_path_is_not_a_personal_access_token(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError, match=r"is a path; use .*from_file"):
        PersonalAccessToken(path)
    monkeypatch.setenv("ZITADEL_API_URL", "https://zitadel.example")
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", path)
    with pytest.raises(CredentialsError, match="ZITADEL_SERVICE_USER_TOKEN_FILE"):
        Client.from_env()
