"""examples/lambda_handler.py, in one process that is frozen between invocations, as on AWS Lambda."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zitadel_grpc.testing import Emulator, ServiceUser

EXAMPLES = Path(__file__).parents[2] / "examples"
TOKEN_LIFETIME = 3.0  # seconds
RUNTIME = """
import json, sys
from lambda_handler import handler

class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 20_000

for line in sys.stdin:
    print(json.dumps(handler(json.loads(line), Context())), flush=True)
"""


class Environment:
    """An execution environment: the module is loaded once, and then called for each event."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUNTIME],
            cwd=EXAMPLES,
            env=os.environ | variables | {"PYTHONPATH": str(EXAMPLES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def invoke(self, event: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self.thaw()
        self._process.communicate(timeout=20)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(token_lifetime=TOKEN_LIFETIME) as emulator:
        yield emulator


@pytest.fixture
def robot(emulator: Emulator) -> ServiceUser:
    return emulator.add_service_user("lambda", roles=["ORG_OWNER_VIEWER"])


@pytest.fixture
def environment(emulator: Emulator, robot: ServiceUser, tmp_path: Path) -> Iterator[Environment]:
    (tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    environment = Environment(
        {
            "ZITADEL_API_URL": emulator.url,
            "ZITADEL_CA_FILE": str(tmp_path / "ca.pem"),
            "ZITADEL_KEY_JSON": json.dumps(robot.key_file),
        }
    )
    yield environment
    environment.end()


def test_existing_and_missing_users_are_distinguished(environment: Environment, robot: ServiceUser) -> None:
    assert environment.invoke({"user_id": robot.id}) == {"known": True, "active": True}
    assert environment.invoke({"user_id": "1"}) == {"known": False, "active": False}


def test_the_connection_and_the_token_are_replaced_after_a_freeze(
    emulator: Emulator, environment: Environment, robot: ServiceUser
) -> None:
    environment.invoke({"user_id": robot.id})
    environment.freeze()
    emulator.faults.drop_connections()
    time.sleep(TOKEN_LIFETIME)
    environment.thaw()

    assert environment.invoke({"user_id": robot.id}) == {"known": True, "active": True}
    assert emulator.token_requests == 2
