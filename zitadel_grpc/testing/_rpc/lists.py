"""Filters, sorts and pages the rows of list requests."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from zitadel_grpc.testing._rpc.refusals import unimplemented
from zitadel_grpc.testing._rpc.timestamps import datetime_of

Row = TypeVar("Row")
Test = Callable[[Row], bool]
Filter = Callable[[Any], Test[Row]]
"""Creates a predicate for rows from a query message."""


class Page(Protocol):
    """The fields that ListQuery (v1), ListQuery (v2) and PaginationRequest (v2beta) share."""

    @property
    def offset(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def asc(self) -> bool: ...


class Filters(Generic[Row]):
    """The queries that a list implements, by their names in the protobufs.

    `and_query`, `or_query` and `not_query` work wherever a message has them.
    """

    def __init__(self, filters: Mapping[str, Filter[Row]]) -> None:
        self._filters = filters

    def select(self, rows: Iterable[Row], queries: Iterable[Message]) -> list[Row]:
        """Returns the rows that match all queries. Raises Refusal for queries that are not implemented."""
        passes = self._all(queries)
        return [row for row in rows if passes(row)]

    def _all(self, queries: Iterable[Message]) -> Test[Row]:
        tests = [self._test(query) for query in queries]
        return lambda row: all(test(row) for test in tests)

    def _test(self, query: Message) -> Test[Row]:
        if (name := query.WhichOneof(query.DESCRIPTOR.oneofs[0].name)) is None:
            return lambda _: True
        value = getattr(query, name)
        match name:
            case "and_query":
                return self._all(value.queries)
            case "or_query":
                tests = [self._test(each) for each in value.queries]
                return lambda row: any(test(row) for test in tests)
            case "not_query":
                test = self._test(value.query)
                return lambda row: not test(row)
        if (known := self._filters.get(name)) is None:
            raise unimplemented(f"{name} is not implemented by the emulator")
        return known(value)


# TextQueryMethod and TextFilterMethod: even numbers are case-sensitive, odd ones are not.
_METHODS: Sequence[Callable[[str, str], bool]] = (
    str.__eq__,
    str.startswith,
    str.__contains__,
    str.endswith,
)


def text(value_of: Callable[[Row], str]) -> Filter[Row]:
    """For queries that have a string field of any name and a `method`."""

    def make_test(query: Message) -> Test[Row]:
        wanted = next(
            getattr(query, field.name) for field in query.DESCRIPTOR.fields if field.name != "method"
        )
        kind, ignore_case = divmod(getattr(query, "method", 0), 2)
        compare = _METHODS[kind]
        if ignore_case:
            return lambda row: compare(value_of(row).lower(), wanted.lower())
        return lambda row: compare(value_of(row), wanted)

    return make_test


# Values of TimestampFilterMethod.
_COMPARISONS: Sequence[Callable[[datetime, datetime], bool]] = (
    operator.eq,
    operator.gt,
    operator.ge,
    operator.lt,
    operator.le,
)


def moment(value_of: Callable[[Row], datetime]) -> Filter[Row]:
    """For queries that have a timestamp and a `method`."""

    def make_test(query: Any) -> Test[Row]:
        compare, wanted = _COMPARISONS[query.method], datetime_of(query.timestamp)
        return lambda row: compare(value_of(row), wanted)

    return make_test


def order_by(orders: Sequence[Callable[[Row], Any]], column: int) -> Callable[[Row], Any]:
    """The first sort key is the default: for unspecified and unknown columns, as in ZITADEL."""
    return orders[column if 0 <= column < len(orders) else 0]


def page_of(rows: Iterable[Row], page: Page, *, order: Callable[[Row], Any] | None = None) -> list[Row]:
    """Returns one page. Without `order`, rows keep their order of creation."""
    ordered = list(rows) if order is None else sorted(rows, key=order, reverse=not page.asc)
    return ordered[page.offset : page.offset + page.limit if page.limit else None]
