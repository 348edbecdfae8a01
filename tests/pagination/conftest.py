"""One emulator for all tests in this folder, reset before and after each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.emulators import reset_emulator, shared_emulator
from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

__all__ = ["client", "reset_emulator", "shared_emulator", "users"]


@pytest.fixture
async def client(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(emulator.url, key, options=options) as client:
        yield client


@pytest.fixture
def users(emulator: Emulator) -> list[str]:
    """The ids of all users, in the order of creation."""
    existing = [user.id for user in emulator._zitadel.store.users.values()]
    added = [emulator.add_human(f"user-{number}@example.com") for number in range(22)]
    emulator.forget_calls()
    return existing + added
