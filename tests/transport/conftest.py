"""One emulator for all tests here. Tests look only at what they add to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zitadel_grpc.testing import Emulator


@pytest.fixture(scope="package")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    yield shared_emulator
    shared_emulator.faults.clear()
