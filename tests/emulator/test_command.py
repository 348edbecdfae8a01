"""`zitadel-grpc emulator` as a process of its own."""

import asyncio
import json
import os
import signal
import ssl
import stat
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from zitadel_grpc.testing import Emulator

COMMAND = (sys.executable, "-m", "zitadel_grpc.cli")


@asynccontextmanager
async def _running(*arguments: str | Path) -> AsyncIterator[tuple[Process, str]]:
    process = await asyncio.create_subprocess_exec(*COMMAND, "emulator", *arguments, stdout=PIPE, stderr=PIPE)
    assert process.stdout
    try:
        yield process, (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _modes(directory: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()}


async def _finished(*arguments: str | Path, **environment: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=PIPE, stderr=PIPE, env={**os.environ, **environment}
    )
    out, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_it_serves_what_it_wrote_down_and_ends_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with _running("--dir", tmp_path / "made" / "here") as (process, url):
        directory = tmp_path / "made" / "here"
        assert url.startswith("https://localhost:")
        trust = ssl.create_default_context(cafile=directory / "ca.pem")
        async with httpx2.AsyncClient(verify=trust) as http:
            assert (await http.get(f"{url}/.well-known/openid-configuration")).json()["issuer"] == url
        key_file = json.loads((directory / "key.json").read_text())
        assert key_file["type"] == "serviceaccount"
        assert key_file.keys() >= {"keyId", "key", "userId"}
        assert (directory / "pat.txt").read_text().startswith("eyJ")
        assert "PRIVATE KEY" in (directory / "system-key.pem").read_text()
        process.send_signal(number)
        out, errors = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out, errors) == (0, b"", b"")


async def test_secrets_are_for_their_owner_only_and_nothing_else_is_written(tmp_path: Path) -> None:
    async with _running("--dir", tmp_path):
        modes = _modes(tmp_path)
    assert modes.pop("ca.pem") & 0o600 == 0o600
    assert modes == {"key.json": 0o600, "pat.txt": 0o600, "system-key.pem": 0o600}


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    async with Emulator() as running:
        port = running.url.rpartition(":")[2]
        status, out, errors = await _finished("emulator", "--dir", tmp_path, "--port", port)
    assert (status, out) == (1, "")
    assert errors.startswith(f"zitadel-grpc: cannot listen on port {port}: ")
    assert errors.count("\n") == 1


async def test_a_directory_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, out, errors = await _finished("emulator", "--dir", tmp_path / "file" / "below")
    assert (status, out) == (1, "")
    assert errors.startswith("zitadel-grpc: cannot make the directory")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
async def test_a_port_that_is_none(tmp_path: Path, port: str) -> None:
    status, _, errors = await _finished("emulator", "--dir", tmp_path, f"--port={port}")
    assert status == 2
    assert "is no port" in errors


async def test_a_missing_extra_is_named_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / "trustme.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'trustme'\", name='trustme')\n"
    )
    status, _, errors = await _finished("emulator", "--dir", tmp_path, PYTHONPATH=str(tmp_path))
    assert status == 1
    assert errors == "zitadel-grpc: zitadel_grpc.testing needs trustme: pip install 'zitadel-grpc[testing]'\n"


async def test_help_and_version() -> None:
    status, out, _ = await _finished("--help")
    assert status == 0
    assert "emulator" in out
    status, out, _ = await _finished("--version")
    assert status == 0
    assert out.startswith("zitadel-grpc ")


async def test_no_command_is_a_usage_error() -> None:
    status, _, errors = await _finished()
    assert status == 2
    assert errors.startswith("usage: zitadel-grpc")
