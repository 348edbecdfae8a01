"""examples/two_services: one's own gRPC service and its caller, each a process, and the emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from zitadel_grpc.testing import Emulator
from zitadel_grpc.testing.state.users import AccessTokenType, Machine

if TYPE_CHECKING:
    from tests.examples.conftest import Run

EXAMPLE = "examples/two_services"
PROJECT = "orders-project"


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> dict[str, str]:
    """The environment of both: the service's certificate, the caller's key file, one bundle of CAs."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    paths = {name: tmp_path / name for name in ("ca.pem", "certificate.pem", "private-key.pem", "key.json")}
    paths["ca.pem"].write_bytes(emulator.root_certificates + authority.cert_pem.bytes())
    paths["certificate.pem"].write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    paths["private-key.pem"].write_bytes(certificate.private_key_pem.bytes())
    paths["key.json"].write_text(json.dumps(emulator.key_file))
    return {
        "ZITADEL_API_URL": emulator.url,
        "ZITADEL_CA_FILE": str(paths["ca.pem"]),
        "ZITADEL_KEY_PATH": str(paths["key.json"]),
        "ORDERS_PROJECT_ID": PROJECT,
        "ORDERS_CERTIFICATE": str(paths["certificate.pem"]),
        "ORDERS_PRIVATE_KEY": str(paths["private-key.pem"]),
    }


@pytest.fixture
def orders(settings: dict[str, str]) -> Iterator[str]:
    """The running orders service's URL."""
    script = str(Path(__file__).parents[2] / EXAMPLE / "orders.py")
    environment = {**os.environ, **settings}
    with subprocess.Popen(
        [sys.executable, script], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _give_jwts(emulator: Emulator) -> None:
    """Sets the service user's access token type; the emulator's API does not offer it yet."""
    user = emulator._zitadel.store.users[emulator.key_file["userId"]]
    assert isinstance(user.kind, Machine)
    user.kind.access_token_type = AccessTokenType.JWT


def test_the_service_answers_a_caller_whose_token_is_for_its_project(
    emulator: Emulator, settings: dict[str, str], orders: str, run: Run
) -> None:
    _give_jwts(emulator)
    ended = run(f"{EXAMPLE}/caller.py", settings | {"ORDERS_URL": orders})
    assert (ended.returncode, ended.stderr) == (0, "")
    user_id = emulator.key_file["userId"]
    assert ended.stdout == f"order-1: shipped, asked for by service user {user_id}\n"


def test_the_service_refuses_a_token_for_another_project(
    emulator: Emulator, settings: dict[str, str], orders: str, run: Run
) -> None:
    _give_jwts(emulator)
    settings = settings | {"ORDERS_URL": orders, "ORDERS_PROJECT_ID": "another-project"}
    ended = run(f"{EXAMPLE}/caller.py", settings)
    assert ended.returncode == 1
    assert ended.stderr == "UNAUTHENTICATED: Audience doesn't match\n"


def test_the_service_refuses_an_opaque_token(settings: dict[str, str], orders: str, run: Run) -> None:
    ended = run(f"{EXAMPLE}/caller.py", settings | {"ORDERS_URL": orders})
    assert ended.returncode == 1
    assert ended.stderr.startswith("UNAUTHENTICATED: ")
