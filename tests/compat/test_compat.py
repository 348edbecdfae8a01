"""The private parts of other libraries that `zitadel_grpc._compat` relies on, in the installed versions."""

from __future__ import annotations

import asyncio
import inspect
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import grpc.aio
import pytest

from zitadel_grpc import AsyncClient, ConnectionOptions, _compat
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.testing import Emulator

PATH = "/test.Service/Method"


def method_of(channel: Any) -> Any:
    return channel.unary_unary(PATH)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address where connections are refused: its port is bound, and nothing listens there."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def listening() -> Iterator[str]:
    """An address where connections are accepted, and nothing responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_synchronous_channel_reports_that_it_cannot_connect(nowhere: str) -> None:
    with grpc.insecure_channel(nowhere) as channel:
        method = method_of(channel)
        assert not _compat.cannot_connect(method)
        with pytest.raises(grpc.RpcError):
            method(b"")
        assert _compat.cannot_connect(method)


async def test_an_async_channel_reports_that_it_cannot_connect(nowhere: str) -> None:
    async with grpc.aio.insecure_channel(nowhere) as channel:
        method = method_of(channel)
        assert not _compat.cannot_connect(method)
        with pytest.raises(grpc.aio.AioRpcError):
            await method(b"")
        assert _compat.cannot_connect(method)


def test_nothing_is_known_about_a_method_without_a_channel() -> None:
    assert not _compat.cannot_connect(object())
    assert _compat.rpc_path(object()) is None
    assert not _compat.has_debug_error_string(object())


def test_the_debug_error_string_of_a_call_is_found_if_there_is_one(nowhere: str, listening: str) -> None:
    with grpc.insecure_channel(nowhere) as channel:
        failed = method_of(channel).future(b"")
        failed.exception(timeout=30)
        assert _compat.has_debug_error_string(failed)
        assert failed.debug_error_string()
    with grpc.insecure_channel(listening) as channel:
        cancelled = method_of(channel).future(b"")
        cancelled.cancel()
        assert not _compat.has_debug_error_string(cancelled)


@pytest.mark.skipif(
    "_all_tasks()" not in inspect.getsource(sys.modules[grpc.aio.insecure_channel.__module__]),
    reason="this version of grpc.aio does not search the tasks of the event loop for calls",
)
async def test_a_channel_can_be_closed_while_a_task_awaits_a_call_of_a_client(emulator: Emulator) -> None:
    """Fails without `CallOutsideOfChannels` in grpcio 1.73.1, for example, and cannot fail in 1.85.1."""
    options = ConnectionOptions(root_certificates=emulator.root_certificates)
    emulator.faults.latency = 0.5
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        call = client.management.GetMyOrg(GetMyOrgRequest())
        waiting = asyncio.ensure_future(call.code())
        await asyncio.sleep(0)
        other = grpc.aio.insecure_channel("127.0.0.1:1")
        await other.close()
        assert isinstance(call, _compat.CallOutsideOfChannels)
        assert await waiting is grpc.StatusCode.OK


async def test_the_path_of_a_plain_method_is_found() -> None:
    with grpc.insecure_channel("127.0.0.1:1") as channel:
        assert _compat.rpc_path(method_of(channel)) == PATH
    async with grpc.aio.insecure_channel("127.0.0.1:1") as other:
        assert _compat.rpc_path(method_of(other)) == PATH


def test_a_tracer_provider_is_detected() -> None:
    script = """if True:
        from zitadel_grpc import _compat
        seen = [_compat.has_tracer_provider()]
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        seen.append(_compat.has_tracer_provider())
        trace.set_tracer_provider(TracerProvider())
        seen.append(_compat.has_tracer_provider())
        print(seen)
    """
    output = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert output.strip() == "[False, False, True]"


def test_grpcio_has_root_certificates() -> None:
    roots = _compat.packaged_root_certificates()
    assert roots is not None
    assert roots.count(b"-----BEGIN CERTIFICATE-----") > 50


def test_the_module_loads_neither_grpc_nor_opentelemetry() -> None:
    script = (
        "import sys, zitadel_grpc._compat; print([n for n in ('grpc', 'opentelemetry') if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
