"""Cursors: which page of a list to request next, and which items of a response are new. No I/O here.

ZITADEL pages by offset, so adding or removing an item shifts all later ones. Therefore each page starts
with the last item of the previous page. If that item is missing, the list has shifted, and the cursor goes
back until it finds a known item. Items that it already returned are dropped.

A page can have fewer items than requested because the list ends, because the server's maximum is lower, or
because the server removed items that the caller may not see. The start of the next page shows which it is.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from zitadel_grpc.errors import ZitadelError
from zitadel_grpc.pagination._schema import ListSchema

_MAX_FRUITLESS_REWINDS = 8
"""After this many rewinds without a new item the order is not stable: take pages as they come."""
_MAX_EMPTY_PAGES = 1000
"""Consecutive empty pages, whose items the caller may not see."""
_MAX_REPEATED_PAGES = 100
"""Consecutive pages of known items only."""
_MAX_CHURN = 10
"""Items read may exceed the total by this factor, while others add and remove items."""
_MAX_TOTAL = 2**63 - 1  # ZITADEL counts in a bigint
_CHECK_OFFSET = "Check that the server and any proxy in front of it use the request's offset"


class PaginationError(ZitadelError):
    """The server's pages never end: they repeat, or continue past the total."""

    __module__ = "zitadel_grpc.pagination"


class Cursor(Protocol):
    """A position in a list."""

    total: int | None
    """Items in the whole list, as last reported by the server; None until it reports a number."""
    done: bool

    def next_request(self) -> Any: ...

    def receive(self, response: Any) -> list[Any]:
        """Takes the response to `next_request()` and returns its new items."""
        ...


def make_cursor(schema: ListSchema, request: Any, page_size: int) -> Cursor:
    if schema.page is None:
        return SinglePageCursor(schema, request)
    if schema.by_sequence:
        return SequenceCursor(schema, request, page_size)
    return OffsetCursor(schema, request, page_size)


class SinglePageCursor:
    """For a list whose response holds all items."""

    def __init__(self, schema: ListSchema, request: Any) -> None:
        self.total: int | None = None
        self.done = False
        self._schema = schema
        self._request = request

    def next_request(self) -> Any:
        return self._request

    def receive(self, response: Any) -> list[Any]:
        items = list(getattr(response, self._schema.items))
        self.total = max(self._schema.total(response), len(items))
        self.done = True
        return items


class SequenceCursor:
    """For `List…Changes`, which return the changes after a sequence number."""

    def __init__(self, schema: ListSchema, request: Any, page_size: int) -> None:
        self.total: int | None = None
        self.done = False
        self._schema = schema
        self._request = _copy(request)
        self._page = getattr(self._request, schema.page or "")
        self._page.limit = page_size
        self._page.asc = True
        self._received = 0

    def next_request(self) -> Any:
        return _copy(self._request)

    def receive(self, response: Any) -> list[Any]:
        after = self._page.sequence
        received = [item.sequence for item in getattr(response, self._schema.items)]
        items = [item for item in getattr(response, self._schema.items) if item.sequence > after]
        # A server that includes `after` itself ends the list with a partial page of known items.
        at_the_end = not received or (self._received and len(received) < self._page.limit)
        if received != sorted(received) or not (items or at_the_end):
            raise PaginationError(
                f"the server does not page this list by sequence: it was asked for changes after {after}, "
                f"oldest first, and sent {len(received)} changes from {received[0]} to {received[-1]}. "
                "Call the RPC directly, with a limit large enough for all items"
            )
        self._received += len(items)
        if items:
            self._page.sequence = items[-1].sequence
        else:
            self.done = True
            self.total = self._received  # responses do not report it
        return items


class OffsetCursor:
    """For all other lists."""

    def __init__(self, schema: ListSchema, request: Any, page_size: int) -> None:
        self.total: int | None = None
        self.done = False
        self._schema = schema
        self._request = _copy(request)
        page = getattr(self._request, schema.page or "")
        if schema.sorting_column is not None and not self._request.sorting_column:
            self._request.sorting_column = schema.sorting_column
            if hasattr(page, "asc"):
                page.asc = True
        page.limit = page_size
        self._page = page
        self._start = page.offset
        self._seen: set[Hashable] = set()
        self._last: Hashable = None
        """The key that the next page must start with, if `_overlaps`."""
        self._overlaps = False
        self._previous_was_full = True
        self._filters_pages = False
        """The server removes items from a page after it applied offset and limit."""
        self._rewinds = 0
        """Consecutive rewinds."""
        self._fruitless_rewinds = 0
        """Rewinds since the last new item."""
        self._known_pages = 0
        """Consecutive pages without a new item."""

    def next_request(self) -> Any:
        return _copy(self._request)

    def receive(self, response: Any) -> list[Any]:
        items = list(getattr(response, self._schema.items))
        keys = [self._schema.key(item) for item in items]
        self._check(response, keys)
        starts_as_expected = not self._overlaps or keys[:1] == [self._last]
        if self._rewinds:
            if self._page.offset > self._start and not self._seen.intersection(keys[:1]):
                self._rewind()
                return []
        elif not starts_as_expected and self._fruitless_rewinds < _MAX_FRUITLESS_REWINDS:
            if not self._previous_was_full and self._last in keys:
                self._filters_pages = True
            else:
                self._rewind()
                return []
        new = []
        for item, key in zip(items, keys, strict=True):
            if key not in self._seen:
                self._seen.add(key)
                new.append(item)
        self._fruitless_rewinds = 0 if new else self._fruitless_rewinds + bool(self._rewinds)
        self._rewinds = 0
        self._advance(response, keys)
        return new

    def _check(self, response: Any, keys: list[Hashable]) -> None:
        total = self._schema.total(response)
        if total > _MAX_TOTAL:
            raise PaginationError(f"the server reports an impossible total of {total} items")
        self._known_pages = self._known_pages + 1 if self._seen.issuperset(keys) else 0
        if self._known_pages > (_MAX_REPEATED_PAGES if keys else _MAX_EMPTY_PAGES):
            raise PaginationError(
                f"the list does not end: {self._known_pages} consecutive pages had no new items, the last "
                f"one at offset {self._page.offset} of {total}. {_CHECK_OFFSET}"
            )
        if total and len(self._seen) > _MAX_CHURN * total + 1000:
            raise PaginationError(
                f"the list does not end: the server sent {len(self._seen)} different items, but reports "
                f"a total of {total}. {_CHECK_OFFSET}"
            )

    def _rewind(self) -> None:
        """Goes back by about one page first, then doubles the distance each time."""
        self._rewinds += 1
        step = max(1, self._page.limit - 1) << (self._rewinds - 1)
        self._page.offset = max(self._start, self._page.offset - step)

    def _advance(self, response: Any, keys: list[Hashable]) -> None:
        page, count = self._page, len(keys)
        end = page.offset + count
        total, applied = self._schema.total(response), self._schema.applied_limit(response)
        allowed = min(applied or page.limit, page.limit)
        if self._schema.details and (count or self.total is None):  # beyond the end ZITADEL reports 0
            self.total = max(total, end if count else 0)
        self._previous_was_full = count >= allowed
        if end < total and (not count or count < applied):
            self._filters_pages = True  # there are more items, and the limit does not explain the short page
        next_offset = page.offset + allowed if self._filters_pages else end
        if next_offset >= total and (total >= end or not count):  # a total below `end` is wrong
            self.done = True
            return
        self._overlaps = not self._filters_pages and (count > 1 or page.limit == 1)
        if self._overlaps:
            self._last = keys[-1]
            page.offset = end - 1
            page.limit = max(2, page.limit)
        else:
            page.offset = next_offset


def _copy(request: Any) -> Any:
    copy = type(request)()
    copy.CopyFrom(request)
    return copy
