"""Repeatable deletions: the second response equals the first."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._services.messages.details import timestamp


def note_removal(call: Call, resource_id: str) -> Timestamp:
    call.store.removals[resource_id] = call.store.clock.datetime()
    return timestamp(call.store.removals[resource_id])


def earlier_removal(call: Call, resource_id: str) -> Timestamp | None:
    """Returns None if the resource has not been deleted."""
    removal = call.store.removals.get(resource_id)
    return timestamp(removal) if removal else None
