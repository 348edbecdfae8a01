"""Bulk changes of user metadata."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.resources import Details
from zitadel_grpc.testing._state.users import User


class _Entry(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def value(self) -> bytes: ...


def check_some(items: Collection[object]) -> None:
    """Raises Refusal for an empty list."""
    if not items:
        raise failed_precondition("Metadata list is empty", "META-9mm2d")


def set_metadata(call: Call, user: User, entries: Collection[_Entry]) -> Details:
    """Returns the details of the last entry. All get the same time, so that lists keep their order."""
    moment = call.store.clock.datetime()
    details = user.details
    for entry in entries:
        details = call.store.set_metadata(user, entry.key, entry.value).details
        details.change_date = moment
        details.creation_date = min(details.creation_date, moment)
    return details


def remove_metadata(call: Call, user: User, keys: Collection[str]) -> None:
    """Removes all keys or none."""
    if any((user.id, key) not in call.store.metadata for key in keys):
        raise not_found("One or more keys do not exist", "META-2nnds")
    for key in set(keys):
        call.store.remove(call.store.metadata, (user.id, key))
