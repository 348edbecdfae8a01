"""A program pays only for the kinds of credentials that it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


def _words(name: str) -> list[str]:
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return spaced.lower().split()
