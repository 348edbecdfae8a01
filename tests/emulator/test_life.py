"""Starting and stopping an emulator leaves nothing behind."""

import asyncio
import contextlib
import gc
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx2
import pytest

from tests.transport.counting import Traffic, until
from zitadel_grpc.testing import Emulator

_DESCRIPTORS = Path("/proc/self/fd")


def _open_files() -> set[str]:
    """What each descriptor is: a path, or the number of a socket or pipe."""
    gc.collect()
    found = set()
    for descriptor in _DESCRIPTORS.iterdir() if _DESCRIPTORS.is_dir() else ():
        with contextlib.suppress(OSError):  # closed by another thread meanwhile
            found.add(str(descriptor.readlink()))
    return found


def trusting(zitadel: Emulator) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=zitadel.root_certificates.decode())


def _port(zitadel: Emulator) -> int:
    return int(zitadel.url.rpartition(":")[2])


def _refuses_connections(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


async def test_a_stopped_emulator_leaves_no_task_thread_or_socket() -> None:
    async with Emulator():
        pass  # creates what is created once per process
    tasks, threads, files = asyncio.all_tasks(), threading.enumerate(), _open_files()
    async with Emulator() as zitadel:
        # By address: resolving a name would start a thread of the event loop.
        trust = trusting(zitadel)
        _, idle = await asyncio.open_connection(
            "127.0.0.1", _port(zitadel), ssl=trust, server_hostname="localhost"
        )
        _, without_handshake = await asyncio.open_connection("127.0.0.1", _port(zitadel))
        _, waiting = await asyncio.open_connection(
            "127.0.0.1", _port(zitadel), ssl=trust, server_hostname="localhost"
        )
        zitadel.faults.token_endpoint.silent = True
        waiting.write(b"POST /oauth/v2/token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n")
        await until(lambda: zitadel.token_requests == 1)
    for writer in (idle, without_handshake, waiting):
        writer.transport.abort()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    assert set(threading.enumerate()) <= set(threads)
    assert _open_files() <= files  # those of other tests may be closed meanwhile
    assert _refuses_connections(_port(zitadel))


async def test_calls_in_progress_end_when_it_stops() -> None:
    async with Emulator() as zitadel:
        zitadel.faults.latency = 60
        credentials = grpc.ssl_channel_credentials(zitadel.root_certificates)
        channel = grpc.aio.secure_channel(zitadel.url.removeprefix("https://"), credentials)
        healthz: Any = channel.unary_unary("/zitadel.admin.v1.AdminService/Healthz")
        call = healthz(b"")
        await until(lambda: Traffic(zitadel).in_progress == 1)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await asyncio.wait_for(call, 5)
    await channel.close()
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE


def test_synchronous_code_can_run_it_in_its_own_thread() -> None:
    threads = threading.enumerate()
    with Emulator() as zitadel:
        with httpx2.Client(verify=trusting(zitadel)) as http:
            assert http.get(f"{zitadel.url}/oauth/v2/keys").status_code == 200
        credentials = grpc.ssl_channel_credentials(zitadel.root_certificates)
        with grpc.secure_channel(zitadel.url.removeprefix("https://"), credentials) as channel:
            healthz: Any = channel.unary_unary("/zitadel.admin.v1.AdminService/Healthz")
            assert healthz(b"", timeout=10) == b""
    assert _refuses_connections(_port(zitadel))
    assert set(threading.enumerate()) <= set(threads)


async def test_two_emulators_can_run_at_the_same_time_with_different_keys() -> None:
    async with Emulator() as one, Emulator() as other:
        assert one.url != other.url
        assert one.key_file["key"] != other.key_file["key"]
        assert one.root_certificates != other.root_certificates


async def test_a_port_can_be_chosen_and_a_port_in_use_is_an_error() -> None:
    async with Emulator() as first:
        with pytest.raises(OSError, match="in use"):
            async with Emulator(port=_port(first)):
                pass
    async with Emulator(port=_port(first)) as second:
        assert second.url == first.url


def test_a_port_in_use_is_an_error_for_synchronous_code_too() -> None:
    with Emulator() as first, pytest.raises(OSError, match="in use"), Emulator(port=_port(first)):
        pass


def test_no_repr_contains_a_secret() -> None:
    with Emulator() as zitadel:
        shown = repr(vars(zitadel)["_zitadel"])
    assert zitadel.pat not in shown
    assert "PRIVATE" not in shown


async def test_connections_without_tls_are_ignored(caplog: Any) -> None:
    async with Emulator() as zitadel:
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(zitadel))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.read()
        writer.close()
        untrusting = httpx2.AsyncClient()
        async with untrusting:
            with pytest.raises(httpx2.ConnectError):
                await untrusting.get(zitadel.url)
        async with httpx2.AsyncClient(verify=trusting(zitadel)) as http:
            assert (await http.get(f"{zitadel.url}/oauth/v2/keys")).status_code == 200
    assert not caplog.records or all(record.levelname in ("DEBUG", "INFO") for record in caplog.records)


def test_using_an_emulator_that_is_not_running_is_an_error() -> None:
    zitadel = Emulator()
    with pytest.raises(AttributeError, match="'url': it has not been started; use it in a `with` block"):
        _ = zitadel.url
    with pytest.raises(RuntimeError, match="is not running"):
        zitadel.reset()
    with zitadel:
        with pytest.raises(RuntimeError, match="already running"), zitadel:
            pass
        zitadel.reset()
    with pytest.raises(RuntimeError, match="is not running"):
        zitadel.add_organization("Acme")
    with zitadel:
        zitadel.add_organization("Acme")
