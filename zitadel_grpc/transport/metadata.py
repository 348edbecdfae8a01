"""Which metadata a call carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Pair = tuple[str, str | bytes]
Pairs = tuple[Pair, ...]

ORG_ID = "x-zitadel-orgid"
AUTHORIZATION = "authorization"


def merge(fixed: Pairs, given: Iterable[Any]) -> tuple[Pairs, bool]:
    """A call's own metadata over the client's: what the call names replaces, so that no key of the client's
    comes twice (ZITADEL refuses two of a kind). Says also whether the call brings its own authorization."""
    own: Pairs = tuple((str(key).lower(), value) for key, value in given)
    names = {key for key, _ in own}
    return (*(pair for pair in fixed if pair[0] not in names), *own), AUTHORIZATION in names
