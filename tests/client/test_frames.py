"""What error reporters that show local variables find in the frames of the errors: no secret."""

from __future__ import annotations

import asyncio
import base64
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest
from zitadel_grpc.credentials import (
    AccessToken,
    ClientCredentials,
    JwtProfile,
    PersonalAccessToken,
    SystemUser,
    Token,
)
from zitadel_grpc.errors import NotFound, RpcError, Unauthenticated, ZitadelError
from zitadel_grpc.testing import Emulator

SECRET = "s3cret-that-nobody-may-see"


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.append(one)
            yield one
            todo += [one.__cause__, one.__context__]


def frames(error: BaseException) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and local variables of each frame that is not the test's own."""
    for one in chain(error):
        traceback = one.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if "/tests/" not in code.co_filename:
                yield code.co_qualname, traceback.tb_frame.f_locals
            traceback = traceback.tb_next


def leaks(error: BaseException, secret: str) -> list[str]:
    found = [
        f"{name}.{key}"
        for name, given in frames(error)
        for key, value in given.items()
        if holds(value, secret)
    ]
    return found + [f"text of {type(one).__name__}" for one in chain(error) if secret in f"{one} {one!r}"]


def holds(value: Any, secret: str) -> bool:
    if isinstance(value, bytes):
        return secret.encode() in value
    if isinstance(value, dict):
        return any(holds(item, secret) for item in (*value, *value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds(item, secret) for item in value)
    return secret in (value if isinstance(value, str) else repr(value))


Call = Callable[[Any], Any]
CALLS: dict[str, tuple[Call, type[BaseException]]] = {
    "refused": (lambda service: service.GetUserByID(GetUserByIDRequest(id="nope")), NotFound),
    "deadline": (lambda service: service.GetMyOrg(GetMyOrgRequest(), timeout=0), RpcError),
    "own token": (
        lambda service: service.GetMyOrg(
            GetMyOrgRequest(), metadata=(("authorization", f"Bearer {SECRET}"),)
        ),
        Unauthenticated,
    ),
    "bad metadata": (
        lambda service: service.GetMyOrg(GetMyOrgRequest(), metadata=(("authorization", SECRET, 3),)),
        Exception,
    ),
}
WAYS: dict[str, Call] = {
    "call": lambda method: method,
    "with_call": lambda method: method.with_call,
    "future": lambda method: lambda *given, **named: method.future(*given, **named).result(20),
}


class Way:
    """A service whose methods are called another way."""

    def __init__(self, service: Any, way: Call) -> None:
        self._service, self._way = service, way

    def __getattr__(self, name: str) -> Any:
        return self._way(getattr(self._service, name))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CALLS)
def test_a_sync_call_that_fails_shows_no_token(
    emulator: Emulator, options: ConnectionOptions, name: str, way: str
) -> None:
    call, kind = CALLS[name]
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        with pytest.raises(kind) as caught:
            call(Way(client.management, WAYS[way]))
        assert leaks(caught.value, emulator.pat) == []
        assert leaks(caught.value, SECRET) == []


@pytest.mark.parametrize("name", CALLS)
async def test_an_async_call_that_fails_shows_no_token(
    emulator: Emulator, options: ConnectionOptions, name: str
) -> None:
    call, kind = CALLS[name]
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        with pytest.raises(kind) as caught:
            await call(client.management)
        assert leaks(caught.value, emulator.pat) == []
        assert leaks(caught.value, SECRET) == []


def test_a_refused_or_unreachable_server_and_a_closed_client_show_no_token(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    refused = Client(emulator.url, PersonalAccessToken(SECRET), options=options)
    with refused, pytest.raises(Unauthenticated) as unauthenticated:
        refused.management.GetMyOrg(GetMyOrgRequest())
    with pytest.raises(ZitadelError) as closed:
        refused.management.GetMyOrg(GetMyOrgRequest())
    nowhere = Client(
        "https://127.0.0.1:1", PersonalAccessToken(SECRET), options=replace(options, retries="none")
    )
    with nowhere, pytest.raises(RpcError) as unreachable:
        nowhere.management.GetMyOrg(GetMyOrgRequest(), timeout=5)

    for caught in (unauthenticated, closed, unreachable):
        assert leaks(caught.value, SECRET) == []


def _bad_function() -> str:
    raise ValueError("no token today")


@pytest.mark.parametrize(
    "credentials",
    [
        lambda: ClientCredentials("nobody", SECRET),
        lambda: AccessToken(lambda: f"{SECRET} and more"),
        lambda: AccessToken(_bad_function),
    ],
)
@pytest.mark.parametrize("reachable", [True, False])
async def test_a_token_that_cannot_be_had_shows_no_secret(
    emulator: Emulator, options: ConnectionOptions, credentials: Callable[[], Any], reachable: bool
) -> None:
    url = emulator.url if reachable else "https://127.0.0.1:1"
    options = replace(options, token_timeout=2)
    with Client(url, credentials(), options=options) as client, pytest.raises(ZitadelError) as sync:
        client.management.GetMyOrg(GetMyOrgRequest())
    async with AsyncClient(url, credentials(), options=options) as other:
        with pytest.raises(ZitadelError) as asynchronous:
            await other.management.GetMyOrg(GetMyOrgRequest())
    for caught in (sync, asynchronous):
        assert leaks(caught.value, SECRET) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda _: JwtProfile.from_json(SECRET),
        lambda _: JwtProfile.from_dict(
            {"type": "serviceaccount", "keyId": "1", "userId": "2", "key": SECRET}
        ),
        lambda _: JwtProfile.from_json(json.dumps({"type": "application", "key": SECRET})),
        lambda path: JwtProfile.from_file(path),
        lambda path: SystemUser.from_file("somebody", path),
        lambda path: PersonalAccessToken.from_file(path),
        lambda _: PersonalAccessToken(f"{SECRET}\n{SECRET}"),
        lambda _: AccessToken(f"{SECRET}\n{SECRET}"),
        lambda _: ClientCredentials("", SECRET),
    ],
)
def test_credentials_that_cannot_be_read_show_no_secret(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET} {SECRET}")

    with pytest.raises(ZitadelError) as caught:
        make(path)

    assert leaks(caught.value, SECRET) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: ConnectionOptions(private_key=SECRET.encode()),
        lambda: ConnectionOptions(headers={"x-key": f"{SECRET}\n"}),
        lambda: ConnectionOptions(proxy=f"ftp://user:{SECRET}@proxy.example"),
        lambda: Client(f"https://user:{SECRET}@zitadel.example", PersonalAccessToken("x")),
        lambda: AsyncClient(f"https://user:{SECRET}@zitadel.example", PersonalAccessToken("x")),
        lambda: secure_channel(f"https://user:{SECRET}@zitadel.example", PersonalAccessToken("x")),
        lambda: Token(f"{SECRET}\n"),
        lambda: Token(SECRET, -1),
        lambda: Client("https://zitadel.example", PersonalAccessToken("x")).with_retries(SECRET),  # type: ignore[arg-type]
        lambda: ConnectionOptions(issuer=f'{{"key": "{SECRET}"}}'),
        lambda: ConnectionOptions(authority=f"eyJhbGciOiJSUzI1NiJ9.{SECRET}"),
        lambda: ConnectionOptions(token_endpoint=f"-----BEGIN PRIVATE KEY-----\n{SECRET}"),
    ],
)
def test_options_and_clients_that_cannot_work_show_no_secret(make: Callable[[], Any]) -> None:
    with pytest.raises(ZitadelError) as caught:
        make()

    assert leaks(caught.value, SECRET) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZITADEL_KEY_JSON", SECRET),
        ("ZITADEL_CA_FILE", SECRET),
        ("ZITADEL_ORG_ID", f"eyJhbGciOiJSUzI1NiJ9.{SECRET}"),
        ("ZITADEL_API_URL", f'{{"key": "{SECRET}"}}'),
    ],
)
def test_an_environment_that_cannot_be_used_shows_no_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", "https://zitadel.example")
    if name != "ZITADEL_KEY_JSON":
        monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", "x")
    monkeypatch.setenv(name, value)

    with pytest.raises(ZitadelError) as caught:
        Client.from_env()

    assert leaks(caught.value, SECRET) == []


def test_a_future_fails_as_a_call_does(emulator: Emulator, options: ConnectionOptions) -> None:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        future = client.management.GetUserByID.future(GetUserByIDRequest(id="nope"))
        ended: list[Any] = []
        failure = future.exception(20)
        future.add_done_callback(ended.append)

        assert isinstance(failure, NotFound)
        assert failure.rpc == "zitadel.management.v1.ManagementService/GetUserByID"
        assert future.code() is grpc.StatusCode.NOT_FOUND
        assert future.details() == failure.details()
        assert future.traceback() is not None
        assert future.exception() is failure
        assert (future.done(), future.cancelled(), future.running()) == (True, False, False)
        assert ended == [future]


def test_a_future_that_is_cancelled_or_not_there_yet_says_so(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    with Client("https://127.0.0.1:1", PersonalAccessToken(SECRET), options=options) as client:
        future = client.management.GetMyOrg.future(GetMyOrgRequest(), wait_for_ready=True)
        with pytest.raises(grpc.FutureTimeoutError) as late:
            future.result(0.05)
        assert future.cancel()
        with pytest.raises(grpc.FutureCancelledError) as cancelled:
            future.result(20)
        assert future.cancelled()
        assert future.code() is grpc.StatusCode.CANCELLED
    for caught in (late, cancelled):
        assert leaks(caught.value, SECRET) == []


class _Repeating(http.server.BaseHTTPRequestHandler):
    """A token endpoint that says what it was sent, and is a broken one by its path."""

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["content-length"])).decode() + self.headers["authorization"]
        body = json.dumps({"error": "invalid_client", "error_description": said}).encode()
        status = int(self.path[1:])
        if status:  # else the connection ends without a response
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *given: Any) -> None:  # noqa: A002  # its name there
        pass


@pytest.mark.parametrize("status", [0, 200, 302, 401, 500])
async def test_a_token_endpoint_that_fails_shows_no_secret(status: int) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Repeating) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        options = ConnectionOptions(allow_plaintext=True, token_timeout=2, token_endpoint=f"{url}/{status}")
        credentials = ClientCredentials("somebody", SECRET)
        with Client(url, credentials, options=options) as client, pytest.raises(ZitadelError) as sync:
            client.management.GetMyOrg(GetMyOrgRequest())
        async with AsyncClient(url, credentials, options=options) as other:
            with pytest.raises(ZitadelError) as asynchronous:
                await other.management.GetMyOrg(GetMyOrgRequest())
        server.shutdown()

    basic = base64.b64encode(f"somebody:{SECRET}".encode()).decode()
    for caught in (sync, asynchronous):
        assert leaks(caught.value, SECRET) == []
        assert leaks(caught.value, basic) == []


async def test_a_token_function_that_hangs_shows_no_secret(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    async def never() -> str:
        await asyncio.sleep(60)
        return SECRET

    async with AsyncClient(emulator.url, AccessToken(never), options=options) as client:
        with pytest.raises(RpcError) as caught:
            await client.management.GetMyOrg(GetMyOrgRequest(), timeout=0.2)
    assert leaks(caught.value, SECRET) == []
