"""One emulator for all tests in this folder, reset before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator


@pytest.fixture(scope="package")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    shared_emulator.reset()
    yield shared_emulator
    shared_emulator.reset()


@pytest.fixture
def sync_client(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> Iterator[Client]:
    with Client(emulator.url, key, options=options) as client:
        yield client
