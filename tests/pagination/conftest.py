"""One emulator for all tests in this folder, reset before each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator


@pytest.fixture(scope="package")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    shared_emulator.reset()
    return shared_emulator


@pytest.fixture
async def client(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(emulator.url, key, options=options) as client:
        yield client


@pytest.fixture
def sync_client(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> Iterator[Client]:
    with Client(emulator.url, key, options=options) as client:
        yield client


@pytest.fixture
def users(emulator: Emulator) -> list[str]:
    """The ids of all users, in the order of creation."""
    existing = [user.id for user in emulator._zitadel.store.users.values()]
    added = [emulator.add_human(f"user-{number}@example.com") for number in range(22)]
    emulator.forget_calls()
    return existing + added
