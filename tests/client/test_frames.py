"""The frames of errors, as error reporters show them, contain no secret."""

from __future__ import annotations

import asyncio
import base64
import http.server
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.client.frames import SECRET, leaks
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest
from zitadel_grpc.credentials import (
    AccessToken,
    ClientCredentials,
    PersonalAccessToken,
)
from zitadel_grpc.errors import NotFound, RpcError, Unauthenticated, ZitadelError
from zitadel_grpc.testing import Emulator

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
    """A service whose methods are called in one of `WAYS`."""

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
async def test_a_token_that_cannot_be_obtained_shows_no_secret(
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


class _Repeating(http.server.BaseHTTPRequestHandler):
    """A token endpoint that echoes its request; the path selects how it fails."""

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["content-length"])).decode() + self.headers["authorization"]
        body = json.dumps({"error": "invalid_client", "error_description": text}).encode()
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
