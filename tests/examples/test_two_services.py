"""examples/two_services: your own gRPC service, its caller and the emulator, each in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
import trustme
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import StringValue

from zitadel_grpc.testing import Emulator

if TYPE_CHECKING:
    from tests.examples.conftest import Run

EXAMPLE = "examples/two_services"


@dataclass(frozen=True)
class Orders:
    """The running service, and the environment and user id of its caller."""

    url: str
    settings: dict[str, str]
    user_id: str


@pytest.fixture
def orders(emulator: Emulator, tmp_path: Path) -> Iterator[Orders]:
    project = emulator.add_project("orders")
    application = emulator.add_api_application(project, private_key_jwt=True)
    user = emulator.add_service_user("caller")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    contents = {
        "ca.pem": emulator.root_certificates + authority.cert_pem.bytes(),
        "certificate.pem": b"".join(blob.bytes() for blob in certificate.cert_chain_pems),
        "private-key.pem": certificate.private_key_pem.bytes(),
        "application-key.json": json.dumps(application.key_file).encode(),
        "key.json": json.dumps(user.key_file).encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    common = {"ZITADEL_API_URL": emulator.url, "ZITADEL_CA_FILE": str(tmp_path / "ca.pem")}
    service = {
        "ORDERS_KEY_PATH": str(tmp_path / "application-key.json"),
        "ORDERS_CERTIFICATE": str(tmp_path / "certificate.pem"),
        "ORDERS_PRIVATE_KEY": str(tmp_path / "private-key.pem"),
    }
    caller = {"ORDERS_PROJECT_ID": project, "ZITADEL_KEY_PATH": str(tmp_path / "key.json")}
    command = [sys.executable, str(Path(__file__).parents[2] / EXAMPLE / "orders.py")]
    environment = {**os.environ, **common, **service}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            url = process.stdout.readline().strip()
            yield Orders(url, common | caller | {"ORDERS_URL": url}, user.id)
        finally:
            process.terminate()


def test_the_service_accepts_a_token_for_its_project(orders: Orders, run: Run) -> None:
    ended = run(f"{EXAMPLE}/caller.py", orders.settings)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"order-1: shipped, requested by service user {orders.user_id}\n"


def test_the_service_rejects_a_token_for_another_project(
    emulator: Emulator, orders: Orders, run: Run
) -> None:
    another = emulator.add_project("another")
    ended = run(f"{EXAMPLE}/caller.py", orders.settings | {"ORDERS_PROJECT_ID": another})
    assert ended.returncode == 1
    assert ended.stderr == "UNAUTHENTICATED: the token is not valid for this service\n"


def test_the_service_rejects_a_caller_without_token(orders: Orders) -> None:
    trusted = grpc.ssl_channel_credentials(Path(orders.settings["ZITADEL_CA_FILE"]).read_bytes())
    with grpc.secure_channel(orders.url.removeprefix("https://"), trusted) as channel:
        get_order = channel.unary_unary(
            "/orders.v1.OrderService/GetOrder", StringValue.SerializeToString, Struct.FromString
        )
        with pytest.raises(grpc.RpcError, match="a bearer token is required"):
            get_order(StringValue(value="order-1"), timeout=10)
