"""Which page of a list to ask for next, and what of an answer is new. Nothing here waits.

ZITADEL pages by offset, so what is removed or added before it shifts all that follows. Hence each page
begins with the last item of the one before: if it is not found there, the list has shifted, and the walk goes
back to items that it knows. What was seen before is left out.

A page that is shorter than was asked for is the last one, or the server allows less, or it leaves out what
the caller may not see, after it cut the page: by where the next page begins these are told apart.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from zitadel_grpc.errors import ZitadelError
from zitadel_grpc.pagination._listing import Listing

_PATIENCE = 8
"""An order that shifts as often, and without anything new, is not a stable one: then pages are taken as they
are."""

_MOST_EMPTY = 1000
"""Pager in a row of which the caller may see nothing."""
_MOST_REPEATED = 100
"""Pager in a row of known items only."""
_MOST_CHURN = 10
"""How many times the total may come while others add and remove items."""
_CHECK = "Check that the server, and what is in front of it, use the request's offset"
_HIGHEST_TOTAL = 2**63 - 1  # ZITADEL counts in a bigint


class PaginationError(ZitadelError):
    """The server's pages do not lead to an end: they repeat, or go on beyond the total."""


class Walk(Protocol):
    """A way through a list."""

    total: int | None
    """Items of the whole list, as the server last said; None as long as it has not."""
    done: bool

    def request(self) -> Any:
        """For the next page."""
        ...

    def receive(self, response: Any) -> list[Any]:
        """Takes the answer to `request()`. Returns what of it is new."""
        ...


def walk(listing: Listing, request: Any, page_size: int) -> Walk:
    if listing.page is None:
        return Whole(listing, request)
    if listing.by_sequence:
        return BySequence(listing, request, page_size)
    return ByOffset(listing, request, page_size)


class Whole:
    """Of a list that comes in one answer."""

    def __init__(self, listing: Listing, request: Any) -> None:
        self.total: int | None = None
        self.done = False
        self._listing = listing
        self._request = request

    def request(self) -> Any:
        return self._request

    def receive(self, response: Any) -> list[Any]:
        items = list(getattr(response, self._listing.items))
        self.total = max(_total(self._listing, response), len(items))
        self.done = True
        return items


class BySequence:
    """Of changes: the server has those after a sequence, the oldest first if told so."""

    def __init__(self, listing: Listing, request: Any, page_size: int) -> None:
        self.total: int | None = None
        self.done = False
        self._listing = listing
        self._request = _copy(request)
        self._page = getattr(self._request, listing.page or "")
        self._page.limit = page_size
        self._page.asc = True
        self._received = 0

    def request(self) -> Any:
        return _copy(self._request)

    def receive(self, response: Any) -> list[Any]:
        after = self._page.sequence
        received = [item.sequence for item in getattr(response, self._listing.items)]
        items = [item for item in getattr(response, self._listing.items) if item.sequence > after]
        # Known ones only, and not a full page, are what a server sends at the end that counts `after` in.
        at_the_end = not received or (self._received and len(received) < self._page.limit)
        if received != sorted(received) or not (items or at_the_end):
            raise PaginationError(
                f"the server does not page this list by sequence: asked for what follows {after}, in order, "
                f"it sent {len(received)} items from {received[0]} to {received[-1]}. Call the RPC yourself, "
                "with a limit that holds all"
            )
        self._received += len(items)
        if items:
            self._page.sequence = items[-1].sequence
        else:
            self.done = True
            self.total = self._received  # no answer tells it before
        return items


class ByOffset:
    """Of all other lists."""

    def __init__(self, listing: Listing, request: Any, page_size: int) -> None:
        self.total: int | None = None
        self.done = False
        self._listing = listing
        self._request = _copy(request)
        page = getattr(self._request, listing.page or "")
        if listing.order is not None and not self._request.sorting_column:
            self._request.sorting_column = listing.order
            if hasattr(page, "asc"):
                page.asc = True
        page.limit = page_size
        self._page = page
        self._start = page.offset
        self._seen: set[Hashable] = set()
        self._last: Hashable = None
        """The item that the page should begin with, if `_overlaps`."""
        self._overlaps = False
        self._after_full_page = True
        self._hides = False
        """The server leaves out items of a page that it has cut."""
        self._steps_back = 0
        """How many times in a row the walk went back."""
        self._in_vain = 0
        """How often it went back since something new was found."""
        self._fruitless = 0
        """Pager in a row without anything new."""

    def request(self) -> Any:
        return _copy(self._request)

    def receive(self, response: Any) -> list[Any]:
        items = list(getattr(response, self._listing.items))
        identities = [self._listing.identity(item) for item in items]
        self._check(response, identities)
        begins_as_expected = not self._overlaps or identities[:1] == [self._last]
        if self._steps_back:
            if self._page.offset > self._start and not self._seen.intersection(identities[:1]):
                self._step_back()
                return []
        elif not begins_as_expected and self._in_vain < _PATIENCE:
            if not self._after_full_page and self._last in identities:
                self._hides = True
            else:
                self._step_back()
                return []
        new = []
        for item, identity in zip(items, identities, strict=True):
            if identity not in self._seen:
                self._seen.add(identity)
                new.append(item)
        self._in_vain = 0 if new else self._in_vain + bool(self._steps_back)
        self._steps_back = 0
        self._go_on(response, identities)
        return new

    def _check(self, response: Any, identities: list[Hashable]) -> None:
        total = _total(self._listing, response)
        if total > _HIGHEST_TOTAL:
            raise PaginationError(f"the server says that the list has {total} items, which cannot be")
        self._fruitless = self._fruitless + 1 if self._seen.issuperset(identities) else 0
        if self._fruitless > (_MOST_REPEATED if identities else _MOST_EMPTY):
            raise PaginationError(
                f"the list does not end: {self._fruitless} pages in a row, the last at offset "
                f"{self._page.offset} of {total} items, held nothing new. {_CHECK}"
            )
        if total and len(self._seen) > _MOST_CHURN * total + 1000:
            raise PaginationError(
                f"the list does not end: {len(self._seen)} items came of {total} that there are. {_CHECK}"
            )

    def _step_back(self) -> None:
        """By as much as makes the page end where the one before began; further each time."""
        self._steps_back += 1
        step = max(1, self._page.limit - 1) << (self._steps_back - 1)
        self._page.offset = max(self._start, self._page.offset - step)

    def _go_on(self, response: Any, identities: list[Hashable]) -> None:
        page, count = self._page, len(identities)
        end = page.offset + count
        total, applied = _total(self._listing, response), self._limit_applied(response)
        allowed = min(applied or page.limit, page.limit)
        if self._listing.details and (count or self.total is None):  # beyond the end ZITADEL counts 0
            self.total = max(total, end if count else 0)
        self._after_full_page = count >= allowed
        if end < total and (not count or count < applied):
            self._hides = True  # there is more, and it is not the limit that ends the page here
        passed = page.offset + allowed if self._hides else end
        if passed >= total and (total >= end or not count):  # a total below what was seen is no total
            self.done = True
            return
        self._overlaps = not self._hides and (count > 1 or page.limit == 1)
        if self._overlaps:
            self._last = identities[-1]
            page.offset = end - 1
            page.limit = max(2, page.limit)
        else:
            page.offset = passed

    def _limit_applied(self, response: Any) -> int:
        """0 if the server does not tell."""
        details = getattr(response, self._listing.details) if self._listing.details else None
        return int(getattr(details, "applied_limit", 0))


def _total(listing: Listing, response: Any) -> int:
    return int(getattr(response, listing.details).total_result) if listing.details else 0


def _copy(request: Any) -> Any:
    copy = type(request)()
    copy.CopyFrom(request)
    return copy
