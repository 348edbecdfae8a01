"""The emulator works on uvloop as it does on asyncio's own event loop."""

import asyncio
import signal
import ssl
import subprocess
import sys
import warnings
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.emulator.test_pytest_plugin import run as run_pytest
from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")

_INSTALL = (
    "import asyncio, uvloop, warnings; warnings.simplefilter('ignore', DeprecationWarning); "
    "asyncio.set_event_loop_policy(uvloop.EventLoopPolicy()); warnings.resetwarnings()"
)


def _run(main: Coroutine[Any, Any, None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # raised by uvloop on newer Pythons
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)


def _client(zitadel: Emulator) -> AsyncClient:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    return AsyncClient(zitadel.url, JwtProfile.from_dict(zitadel.key_file), options=options)


def test_it_serves_clients_in_the_same_loop() -> None:
    async def main() -> None:
        async with Emulator() as zitadel:
            async with _client(zitadel) as client:
                calls = [client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(100)]
                names = {response.org.name for response in await asyncio.gather(*calls)}
            trust = ssl.create_default_context(cadata=zitadel.root_certificates.decode())
            async with httpx2.AsyncClient(verify=trust) as http:
                keys = await http.get(f"{zitadel.url}/oauth/v2/keys")
        assert names == {"ZITADEL"}
        assert (keys.http_version, keys.status_code) == ("HTTP/1.1", 200)

    _run(main())


def test_dropped_connections_end_calls_in_progress() -> None:
    async def main() -> None:
        async with Emulator() as zitadel, _client(zitadel) as client:
            await client.management.GetMyOrg(GetMyOrgRequest())
            zitadel.faults.token_endpoint.silent = True
            trust = ssl.create_default_context(cadata=zitadel.root_certificates.decode())
            async with httpx2.AsyncClient(verify=trust) as http:
                pending = asyncio.ensure_future(http.post(f"{zitadel.url}/oauth/v2/token"))
                for _ in range(500):
                    if zitadel.token_requests == 2:
                        break
                    await asyncio.sleep(0.01)
                zitadel.faults.drop_connections()
                with pytest.raises(httpx2.TransportError):
                    await asyncio.wait_for(pending, 10)
            await client.management.GetMyOrg(GetMyOrgRequest())

    _run(main())


def test_it_stops_while_connections_are_open() -> None:
    async def main() -> None:
        tasks = asyncio.all_tasks()
        async with Emulator() as zitadel:
            port = int(zitadel.url.rpartition(":")[2])
            trust = ssl.create_default_context(cadata=zitadel.root_certificates.decode())
            peers = [
                await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname="localhost"),
                await asyncio.open_connection("127.0.0.1", port),
            ]
        for _, writer in peers:
            writer.transport.abort()
        assert asyncio.all_tasks() == tasks
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    _run(main())


def test_the_command_works_with_the_uvloop_policy(tmp_path: Path) -> None:
    code = f"{_INSTALL}; from zitadel_grpc.cli import main; main(['emulator', '--dir', {str(tmp_path)!r}])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
            assert httpx2.get(f"{url}/oauth/v2/keys", verify=trust).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_the_fixtures_work_with_the_uvloop_policy(tmp_path: Path) -> None:
    tests = """
import asyncio
import pytest
import uvloop
from zitadel_grpc.api.management.v1 import GetMyOrgRequest


@pytest.mark.asyncio
async def test_a_call(zitadel, zitadel_client):
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
    assert (await zitadel_client.management.GetMyOrg(GetMyOrgRequest())).org.name == "ZITADEL"
"""
    code, output = run_pytest(
        tmp_path, tests, "-o", "asyncio_default_fixture_loop_scope=function", before=_INSTALL
    )
    assert code == 0, output
