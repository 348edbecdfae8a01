"""One emulator for all tests in this folder, and the spans that a test creates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators import emulator_in_use, shared_emulator
from tests.tracing.spans import Spans, tracer_provider

__all__ = ["emulator_in_use", "shared_emulator", "spans"]


@pytest.fixture
def spans() -> Iterator[Spans]:
    """The spans of the program's tracer provider."""
    spans = Spans()
    with tracer_provider(spans.provider):
        yield spans
