"""What most tests need: a ZITADEL, and a service user's way in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def options(emulator: Emulator) -> ConnectionOptions:
    """Trusts the emulator."""
    return ConnectionOptions(root_certificates=emulator.root_certificates)


@pytest.fixture
def key(emulator: Emulator) -> JwtProfile:
    """The first service user's key: IAM_OWNER of the instance."""
    return JwtProfile.from_dict(emulator.key_file)


@pytest.fixture
def sync_client(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> Iterator[Client]:
    with Client(emulator.url, key, options=options) as client:
        yield client
