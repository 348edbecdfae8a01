"""What the descriptors tell of a list: where its items are, how it is paged, what orders it, what tells its
items apart.

By the shape of the messages, not by their names, so that lists of other ZITADEL versions are understood too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from zitadel_grpc.errors import ConfigurationError

_SORTING = "sorting_column"
# Orders in which pages stay apart, best first. By creation, what is added comes last.
_STABLE_ORDERS = ("_CREATION_DATE", "_CREATED_DATE", "_NAME_ID", "_BY_ID", "_NAME_NAME", "_BY_NAME")
_IDENTIFIERS = frozenset({"id", "key", "domain", "domain_name"})

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list RPC."""

    items: str
    """The response's repeated field."""
    page: str | None
    """The request's field that says which page; None: the list comes whole."""
    by_sequence: bool
    """Pager begin after a sequence, not at an offset."""
    details: str | None
    """The response's field that holds the total."""
    order: int | None
    """The sorting column that keeps pages apart, if there is one."""
    identifiers: tuple[_Path, ...]
    """The fields by which an item is told from others; none: all that it holds."""

    def identity(self, item: Any) -> Hashable:
        """Equal for two sights of one item, although it may have changed between them."""
        if not hasattr(item, "DESCRIPTOR"):
            return item  # type: ignore[no-any-return]
        values = tuple(functools.reduce(getattr, path, item) for path in self.identifiers)
        if not any(values):
            return item.SerializeToString(deterministic=True)  # type: ignore[no-any-return]
        return values[0] if len(values) == 1 else values


def listing(rpc: str, request: Descriptor, response: Descriptor) -> Listing:
    """Raises ConfigurationError for an RPC that is no list, or one whose pages cannot be told apart."""
    name = rpc.rpartition("/")[2]
    items = [field for field in response.fields if field.is_repeated]
    if not name.startswith(("List", "Search")) or len(items) != 1:
        raise ConfigurationError(f"{rpc} is not a list: call it by itself, without paginate()")
    page = _first(
        request, lambda field: _has(field, "limit") and (_has(field, "offset") or _has(field, "sequence"))
    )
    if page is None and "limit" in request.fields_by_name:
        raise ConfigurationError(
            f"{rpc} cannot be paged: it has a limit, but nothing that says where a page begins; "
            "call it by itself, with a limit that holds all, or for one span of time after another"
        )
    by_sequence = page is not None and not _has(page, "offset")
    details = _first(response, lambda field: _has(field, "total_result"))
    return Listing(
        items=items[0].name,
        page=page.name if page else None,
        by_sequence=by_sequence,
        details=details.name if details else None,
        order=_stable_order(request),
        identifiers=(("sequence",),) if by_sequence else _identifiers(items[0].message_type),
    )


def _first(message: Descriptor, wanted: Callable[[FieldDescriptor], bool]) -> FieldDescriptor | None:
    return next((field for field in message.fields if not field.is_repeated and wanted(field)), None)


def _has(field: FieldDescriptor, name: str) -> bool:
    return field.message_type is not None and name in field.message_type.fields_by_name


def _stable_order(request: Descriptor) -> int | None:
    column = request.fields_by_name.get(_SORTING)
    if column is None or column.enum_type is None:
        return None
    for ending in _STABLE_ORDERS:
        for value in column.enum_type.values:
            if value.name.endswith(ending):
                return int(value.number)
    return None


def _identifiers(item: Descriptor | None) -> tuple[_Path, ...]:
    """Of the item itself, else of the messages in it."""
    if item is None:
        return ()
    if own := tuple((name,) for name in _identifying(item.fields)):
        return own
    return tuple(
        (field.name, name)
        for field in item.fields
        if field.message_type is not None and not field.is_repeated
        for name in _identifying(field.message_type.fields)
    )


def _identifying(fields: Iterable[FieldDescriptor]) -> list[str]:
    return [
        field.name
        for field in fields
        if field.type == FieldDescriptor.TYPE_STRING
        and not field.is_repeated
        and (field.name in _IDENTIFIERS or field.name.endswith("_id"))
    ]
