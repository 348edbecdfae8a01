"""One emulator for all tests here. Tests look only at what they add to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tracing.spans import Spans, tracer_provider
from zitadel_grpc.testing import Emulator


@pytest.fixture
def spans() -> Iterator[Spans]:
    """The spans of the program's tracer provider."""
    spans = Spans()
    with tracer_provider(spans.provider):
        yield spans


@pytest.fixture(scope="package")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    yield shared_emulator
    shared_emulator.faults.clear()
