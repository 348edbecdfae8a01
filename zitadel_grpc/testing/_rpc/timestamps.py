"""Timestamps in requests."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def datetime_of(timestamp: Timestamp) -> datetime:
    """Clamps timestamps that datetime cannot represent."""
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return _LAST if timestamp.seconds > 0 else _FIRST
