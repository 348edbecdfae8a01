"""Pages of lists that always have a limit, as in the resource-based v2 APIs."""

from __future__ import annotations

from dataclasses import dataclass

from zitadel_grpc.testing._rpc.lists import Page
from zitadel_grpc.testing._rpc.refusals import invalid_argument

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Limited:
    """A `Page` with the limit that applies."""

    offset: int
    limit: int
    asc: bool


def limited(asked: Page) -> Limited:
    """Raises Refusal for a limit greater than ZITADEL allows."""
    if asked.limit > _MAX_LIMIT:
        raise invalid_argument("Limit exceeded", "QUERY-4M0fs")
    return Limited(asked.offset, asked.limit or _DEFAULT_LIMIT, asked.asc)
