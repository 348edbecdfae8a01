"""The details of every resource and of every list in the v1 APIs: reads show all, writes only some."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from zitadel_grpc.api.v1 import ListDetails, ObjectDetails
from zitadel_grpc.testing._state.resources import Details
from zitadel_grpc.testing._state.store import Store


def timestamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def details_of(details: Details) -> ObjectDetails:
    """As reads show it."""
    message = changed(details)
    message.creation_date.CopyFrom(timestamp(details.creation_date))
    return message


def added(details: Details) -> ObjectDetails:
    """As most RPCs that add something answer: when that was, by the name of creation date."""
    return ObjectDetails(
        sequence=details.sequence,
        creation_date=timestamp(details.change_date),
        resource_owner=details.resource_owner,
    )


def changed(details: Details) -> ObjectDetails:
    """As RPCs that change something answer."""
    return ObjectDetails(
        sequence=details.sequence,
        change_date=timestamp(details.change_date),
        resource_owner=details.resource_owner,
    )


def list_details(store: Store, total: int) -> ListDetails:
    """`total` counts what the queries left, on whatever page."""
    return ListDetails(total_result=total, view_timestamp=timestamp(store.view_date()))
