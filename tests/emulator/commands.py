"""Runs `zitadel-grpc` as a process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.credentials import Credentials

_COMMAND = (sys.executable, "-m", "zitadel_grpc.cli")


@contextlib.asynccontextmanager
async def running(*arguments: str | Path, stderr: int = PIPE) -> AsyncIterator[tuple[Process, str]]:
    """Runs `zitadel-grpc emulator` with these arguments and waits for its URL."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, "emulator", *arguments, stdout=PIPE, stderr=stderr
    )
    assert process.stdout
    try:
        yield process, (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def stopped(process: Process) -> tuple[int | None, str, str]:
    """Stops it and returns its exit status, its stdout after the URL, and its stderr."""
    process.terminate()
    return await _end_of(process)


async def finished(*arguments: str | Path, **environment: str) -> tuple[int | None, str, str]:
    """Runs a command to its end and returns its exit status, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, *arguments, stdout=PIPE, stderr=PIPE, env={**os.environ, **environment}
    )
    return await _end_of(process)


async def _end_of(process: Process) -> tuple[int | None, str, str]:
    out, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), (errors or b"").decode()


def client_of(url: str, directory: Path, credentials: Credentials) -> AsyncClient:
    """Returns a client of the emulator that uses `directory`."""
    options = ConnectionOptions(root_certificates=(directory / "ca.pem").read_bytes())
    return AsyncClient(url, credentials, options=options)
