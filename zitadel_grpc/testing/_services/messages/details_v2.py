"""Details of resources and lists in the v2 APIs."""

from __future__ import annotations

from zitadel_grpc.api.object.v2 import Details as Message
from zitadel_grpc.api.object.v2 import ListDetails
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._state.resources import Details
from zitadel_grpc.testing._state.store import Store


def details_of(details: Details) -> Message:
    """Details in the response of a read."""
    message = changed(details)
    message.creation_date.CopyFrom(timestamp(details.creation_date))
    return message


def changed(details: Details) -> Message:
    """Details in the response of a write."""
    return Message(
        sequence=details.sequence,
        change_date=timestamp(details.change_date),
        resource_owner=details.resource_owner,
    )


def list_details(store: Store, total: int) -> ListDetails:
    """`total` counts the matching rows of all pages."""
    return ListDetails(total_result=total, timestamp=timestamp(store.view_date()))
