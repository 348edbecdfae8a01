"""Details of resources and lists in the v1 APIs. Responses of writes contain only some of them."""

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
    """Details in the response of a read."""
    message = changed(details)
    message.creation_date.CopyFrom(timestamp(details.creation_date))
    return message


def added(details: Details) -> ObjectDetails:
    """Details in the response of most RPCs that add something. The creation date is the change date."""
    return ObjectDetails(
        sequence=details.sequence,
        creation_date=timestamp(details.change_date),
        resource_owner=details.resource_owner,
    )


def changed(details: Details) -> ObjectDetails:
    """Details in the response of RPCs that change something."""
    return ObjectDetails(
        sequence=details.sequence,
        change_date=timestamp(details.change_date),
        resource_owner=details.resource_owner,
    )


def list_details(store: Store, total: int) -> ListDetails:
    """`total` counts the matching rows of all pages."""
    return ListDetails(total_result=total, view_timestamp=timestamp(store.view_date()))
