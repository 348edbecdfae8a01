"""Expiration dates in requests."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from zitadel_grpc.testing._rpc.refusals import invalid_argument
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._rpc.timestamps import datetime_of
from zitadel_grpc.testing._state.users import NEVER


class _Request(Protocol):
    @property
    def expiration_date(self) -> Timestamp: ...
    def HasField(self, field_name: Literal["expiration_date"]) -> bool: ...


def expiration_of(call: Call, request: _Request) -> datetime:
    """Returns NEVER if the request has no date. Raises Refusal for dates in the past."""
    if not request.HasField("expiration_date"):
        return NEVER
    expiration = datetime_of(request.expiration_date)
    if expiration <= call.store.clock.datetime():
        raise invalid_argument("Errors.AuthNKey.ExpireBeforeNow", "DOMAIN-dv3t5")
    return expiration
