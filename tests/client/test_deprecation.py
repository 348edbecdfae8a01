"""`warn_deprecated=True`: a call of a deprecated RPC warns once, at the line that makes it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.servers import SERVICE, EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, _deprecation, bulk, catalog
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ListUsersRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.testing import Emulator

pytestmark = pytest.mark.pin
RPC = "zitadel.management.v1.ManagementService/ListUsers"
REQUEST = ListUsersRequest()


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_deprecation, "_warned", set())


@pytest.fixture
def client(emulator: Emulator, warning: ConnectionOptions) -> Iterator[Client]:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=warning) as client:
        yield client


@pytest.fixture
def aio(emulator: Emulator, warning: ConnectionOptions) -> AsyncClient:
    return AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=warning)


@pytest.fixture
def warning(options: ConnectionOptions) -> ConnectionOptions:
    return replace(options, warn_deprecated=True)


@contextmanager
def warned(rpc: str = RPC) -> Iterator[list[warnings.WarningMessage]]:
    """Asserts that the block warns once, from this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught
    [deprecation] = [one for one in caught if one.category is DeprecationWarning]
    assert str(deprecation.message).startswith(f"{rpc} is deprecated")
    assert deprecation.filename == __file__


def line() -> int:
    """The caller's line."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_call_warns_once_at_its_line(client: Client) -> None:
    with warned() as caught:
        first = line() + 1
        client.management.ListUsers(REQUEST)
        client.management.ListUsers(REQUEST)
        client.with_retries("none").management.ListUsers(REQUEST)
    assert caught[0].lineno == first
    assert str(caught[0].message) == f"{RPC} is deprecated: use zitadel.user.v2.UserService/ListUsers"


async def test_an_async_call_warns_once_at_its_line(aio: AsyncClient) -> None:
    async with aio:
        with warned() as caught:
            first = line() + 1
            await aio.management.ListUsers(REQUEST)
            await aio.management.ListUsers(REQUEST)
    assert caught[0].lineno == first


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.management.ListUsers.with_call(REQUEST),
        lambda client: client.management.ListUsers.future(REQUEST).result(),
        lambda client: list(client.paginate(client.management.ListUsers, REQUEST)),
        lambda client: list(client.paginate(client.management.ListUsers, REQUEST, prefetch=True)),
        lambda client: list(bulk.run(client.management.ListUsers, [REQUEST])),
        lambda client: client.wait_until(lambda: client.management.ListUsers(REQUEST)),
    ],
    ids=["with_call", "future", "paginate", "prefetch", "bulk", "wait_until"],
)
def test_other_calls_warn_at_their_line(client: Client, call: Callable[[Client], object]) -> None:
    with warned():
        call(client)


async def test_pagers_warn_at_their_line(aio: AsyncClient) -> None:
    async with aio:
        with warned():
            pager = aio.paginate(aio.management.ListUsers, REQUEST, prefetch=True)
        assert [user async for user in pager]


async def test_bulk_runs_warn_at_their_line(aio: AsyncClient) -> None:
    async with aio:
        with warned():
            run = bulk.run(aio.management.ListUsers, [REQUEST, REQUEST])
        async with aclosing(run):
            assert [outcome.error async for outcome in run] == [None, None]


@pytest.mark.parametrize("kind", ["unary_stream", "stream_stream"])
def test_streams_warn_at_their_line(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rpc = f"{SERVICE}/{kind}"
    known = catalog.Rpc(rpc, permission="", http_verb="", http_path="", summary="", deprecated=True)
    monkeypatch.setattr(catalog, "get", {rpc: known}.get)
    with EchoServer() as server:
        options = ConnectionOptions(root_certificates=server.root_certificates, warn_deprecated=True)
        with Client(server.url, PersonalAccessToken("ey.some.token"), options=options) as client:
            method: Any = getattr(client.stub(EchoStub), kind)
            request = StringValue(value="a")
            with warned(rpc):
                responses = method(request if kind == "unary_stream" else iter([request]), timeout=10)
            assert [response.value for response in responses] == ["a"]


def test_other_rpcs_do_not_warn(client: Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.management.GetMyOrg(GetMyOrgRequest())


def test_nothing_warns_unless_the_option_is_set(emulator: Emulator, options: ConnectionOptions) -> None:
    with (
        warnings.catch_warnings(),
        Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client,
    ):
        warnings.simplefilter("error")
        client.management.ListUsers(REQUEST)


def test_a_warning_raised_as_an_error_fails_each_call(client: Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            with pytest.raises(DeprecationWarning, match="is deprecated"):
                client.management.ListUsers(REQUEST)
