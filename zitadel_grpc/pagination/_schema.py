"""How a list RPC works: which fields hold its items, page and total, how it sorts, what identifies an item.

This is read from the shape of the messages, not from their names, so it covers other ZITADEL versions too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from zitadel_grpc.errors import ConfigurationError

_SORTING_COLUMN = "sorting_column"
# Columns with a stable order, best first. Sorted by creation date, new items come last.
_STABLE_COLUMNS = ("_CREATION_DATE", "_CREATED_DATE", "_NAME_ID", "_BY_ID", "_NAME_NAME", "_BY_NAME")
_ID_FIELDS = frozenset({"id", "key", "domain", "domain_name"})

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListSchema:
    """One list RPC."""

    items: str
    """The response's repeated field."""
    page: str | None
    """The request's field with limit and offset or sequence. None: the list has a single page."""
    by_sequence: bool
    """Pages start after a sequence, not at an offset."""
    details: str | None
    """The response's field with the total."""
    sorting_column: int | None
    """The column to sort by; None if the list cannot be sorted."""
    id_fields: tuple[_Path, ...]
    """The fields that identify an item. Empty: all of its fields do."""

    def key(self, item: Any) -> Hashable:
        """A key that identifies the item, even after its other fields have changed."""
        if not hasattr(item, "DESCRIPTOR"):
            return item  # type: ignore[no-any-return]
        values = tuple(functools.reduce(getattr, path, item) for path in self.id_fields)
        if not any(values):
            return item.SerializeToString(deterministic=True)  # type: ignore[no-any-return]
        return values[0] if len(values) == 1 else values

    def total(self, response: Any) -> int:
        """0 if the response does not report a total."""
        return int(getattr(response, self.details).total_result) if self.details else 0

    def applied_limit(self, response: Any) -> int:
        """0 if the response does not report which limit the server applied."""
        details = getattr(response, self.details) if self.details else None
        return int(getattr(details, "applied_limit", 0))


def list_schema(rpc: str, request: Descriptor, response: Descriptor) -> ListSchema:
    """Raises ConfigurationError if the RPC is not a list, or has a limit without an offset."""
    name = rpc.rpartition("/")[2]
    items = [field for field in response.fields if field.is_repeated]
    if not name.startswith(("List", "Search")) or len(items) != 1:
        raise ConfigurationError(f"{rpc} is not a list RPC; call it directly, without paginate()")
    page = _first(
        request, lambda field: _has(field, "limit") and (_has(field, "offset") or _has(field, "sequence"))
    )
    if page is None and "limit" in request.fields_by_name:
        raise ConfigurationError(
            f"{rpc} cannot be paginated: it has a limit, but no offset. Call it directly, with a limit large "
            "enough for all items, or once per time range"
        )
    by_sequence = page is not None and not _has(page, "offset")
    details = _first(response, lambda field: _has(field, "total_result"))
    return ListSchema(
        items=items[0].name,
        page=page.name if page else None,
        by_sequence=by_sequence,
        details=details.name if details else None,
        sorting_column=_stable_column(request),
        id_fields=(("sequence",),) if by_sequence else _id_paths(items[0].message_type),
    )


def _first(message: Descriptor, wanted: Callable[[FieldDescriptor], bool]) -> FieldDescriptor | None:
    return next((field for field in message.fields if not field.is_repeated and wanted(field)), None)


def _has(field: FieldDescriptor, name: str) -> bool:
    return field.message_type is not None and name in field.message_type.fields_by_name


def _stable_column(request: Descriptor) -> int | None:
    column = request.fields_by_name.get(_SORTING_COLUMN)
    if column is None or column.enum_type is None:
        return None
    for ending in _STABLE_COLUMNS:
        for value in column.enum_type.values:
            if value.name.endswith(ending):
                return int(value.number)
    return None


def _id_paths(item: Descriptor | None) -> tuple[_Path, ...]:
    """The id fields of the item itself, or else those of its messages."""
    if item is None:
        return ()
    if own := tuple((name,) for name in _id_names(item.fields)):
        return own
    return tuple(
        (field.name, name)
        for field in item.fields
        if field.message_type is not None and not field.is_repeated
        for name in _id_names(field.message_type.fields)
    )


def _id_names(fields: Iterable[FieldDescriptor]) -> list[str]:
    return [
        field.name
        for field in fields
        if field.type == FieldDescriptor.TYPE_STRING
        and not field.is_repeated
        and (field.name in _ID_FIELDS or field.name.endswith("_id"))
    ]
