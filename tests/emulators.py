"""Fixtures for folders whose tests share one emulator. A folder's conftest.py imports those that it needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zitadel_grpc.testing import Emulator


@pytest.fixture(scope="package")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(name="emulator")
def emulator_in_use(shared_emulator: Emulator) -> Iterator[Emulator]:
    """The shared emulator with the data of earlier tests. Tests look only at what they add to it."""
    yield shared_emulator
    shared_emulator.faults.clear()


@pytest.fixture(name="emulator")
def reset_emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    """The shared emulator, reset before and after each test."""
    shared_emulator.reset()
    yield shared_emulator
    shared_emulator.reset()
