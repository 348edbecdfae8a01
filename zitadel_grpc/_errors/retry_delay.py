"""The delay that a server asks for before a failed call is retried."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from zitadel_grpc import _http_headers

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.message import Message


def find_retry_delay(header: Callable[[str], Any], details: Iterable[Message]) -> float | None:
    """Seconds, or None if the server does not ask for a delay. `header` returns a header or trailer."""
    if (pushback := header("grpc-retry-pushback-ms")) is not None:
        milliseconds = _http_headers.whole_number(pushback)
        return None if milliseconds is None else milliseconds / 1000
    for detail in details:
        if detail.DESCRIPTOR.full_name == "google.rpc.RetryInfo" and detail.HasField("retry_delay"):
            delay: Duration = detail.retry_delay  # type: ignore[attr-defined]
            return max(0.0, delay.seconds + delay.nanos / 1e9)
    return _http_headers.retry_after(header("retry-after"))
