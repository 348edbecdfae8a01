"""A program pays only for the kinds of credentials that it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zitadel_grpc.testing import Emulator

PROGRAM = """
import sys
from zitadel_grpc import AsyncClient
from zitadel_grpc.credentials import {kind}
print(*sys.modules)
"""
HTTP = {"httpx2", "zitadel_grpc.credentials._token_endpoint"}
KEYS = {"cryptography", "zitadel_grpc.credentials._key_file", "zitadel_grpc.credentials._private_key"}
NEVER = {"jwt", "pathlib", "zitadel_grpc._environment"}


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("PersonalAccessToken", {*HTTP, *KEYS, *NEVER}),
        ("AccessToken", {*HTTP, *KEYS, *NEVER}),
        ("ClientCredentials", {"httpx2", *KEYS}),
        ("JwtProfile", {"httpx2", "cryptography", "jwt"}),
    ],
)
def test_a_kind_imports_only_what_it_needs(kind: str, missing: set[str]) -> None:
    program = [sys.executable, "-c", PROGRAM.format(kind=kind)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=50, check=True)
    loaded = set(done.stdout.split())
    assert f"zitadel_grpc.credentials._{'_'.join(_words(kind))}" in loaded
    assert not loaded & missing


CALL = """
import asyncio, sys
from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import PersonalAccessToken

async def main():
    options = ConnectionOptions(root_certificates=sys.argv[3].encode())
    async with AsyncClient(sys.argv[1], PersonalAccessToken(sys.argv[2]), options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest())

asyncio.run(main())
print(*sys.modules)
"""
UNUSED = {"catalog", "roles", "_client", "_stats", "_transport.sync_channel", "_transport.sync_call"}
UNUSED |= {"_transport.interceptors", "_transport.plugin", "_transport.streams", "_transport.traced"}
LIBRARIES = {"opentelemetry", "queue", "random"}


def test_a_call_with_a_static_token_imports_only_what_it_needs(emulator: Emulator) -> None:
    program = [sys.executable, "-c", CALL, emulator.url, emulator.pat, emulator.root_certificates.decode()]
    done = subprocess.run(program, capture_output=True, text=True, timeout=50, check=True)
    loaded = set(done.stdout.split())
    assert "zitadel_grpc._transport.aio_call" in loaded
    assert not loaded & {*HTTP, *KEYS, *NEVER, *LIBRARIES, *(f"zitadel_grpc.{name}" for name in UNUSED)}


def _words(name: str) -> list[str]:
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return spaced.lower().split()
