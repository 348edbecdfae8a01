"""The spans of a test, collected with OpenTelemetry's SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

REFRESH = "zitadel token refresh"


class Spans:
    """A tracer provider and its spans."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def ended(self, count: int, name: str | None = None) -> Sequence[ReadableSpan]:
        """The spans that ended, all or those with this name, in the order in which they ended.

        Waits until there are `count`: some end in other threads, shortly after the call.
        """
        until = time.monotonic() + 10
        while True:
            found = [span for span in self._exporter.get_finished_spans() if name in (None, span.name)]
            if len(found) >= count or time.monotonic() > until:
                assert len(found) == count, [span.name for span in found]
                return found
            time.sleep(0.01)

    def one(self, name: str) -> ReadableSpan:
        return self.ended(1, name)[0]

    def text(self) -> str:
        """All exported data."""
        return "".join(span.to_json() for span in self._exporter.get_finished_spans())


@contextmanager
def tracer_provider(provider: TracerProvider) -> Iterator[None]:
    """Sets `provider` inside. OpenTelemetry lets a process do so once; tests do it repeatedly."""
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        trace._TRACER_PROVIDER = None
        trace._TRACER_PROVIDER_SET_ONCE._done = False


def context_of(span: ReadableSpan) -> SpanContext:
    """The context of an ended span."""
    context = span.get_span_context()
    assert context is not None
    return context


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})
