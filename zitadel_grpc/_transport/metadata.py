"""The metadata of calls: what the client sets, what the call sets, and the token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from zitadel_grpc.errors import InvalidMetadata

Pair = tuple[str, str | bytes]
Pairs = tuple[Pair, ...]

ORG_ID = "x-zitadel-orgid"
AUTHORIZATION = "authorization"

_NAME = re.compile(r"[0-9a-z_.-]+")
_SHOWN = 64  # characters; a longer name may be a value in the wrong place


def merge(fixed: Pairs, given: Any) -> tuple[Pairs, bool]:
    """The metadata of a call, and whether it contains an authorization. Metadata `given` to the call replaces
    the client's `fixed` metadata of the same name: ZITADEL rejects duplicates.

    Raises InvalidMetadata for metadata that gRPC cannot send.
    """
    own = pairs_of(given)
    names = {key for key, _ in own}
    return (*(pair for pair in fixed if pair[0] not in names), *own), AUTHORIZATION in names


def with_token(pairs: Pairs, authorization: str | None) -> Pairs:
    """The metadata of one attempt: the token is attached here. None: the call has its own authorization."""
    return pairs if authorization is None else (*pairs, (AUTHORIZATION, authorization))


def pairs_of(given: Any) -> Pairs:
    """Metadata as pairs with lower-case names, from a mapping or an iterable of pairs.

    gRPC over HTTP2, Custom-Metadata: names consist of letters, digits, `_`, `-` and `.`; values of printable
    ASCII, or of any bytes if the name ends with `-bin`.

    Raises InvalidMetadata.
    """
    if isinstance(given, Mapping):
        given = given.items()
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidMetadata(
            f"metadata must be a mapping or an iterable of (name, value) pairs, not {type(given).__name__}"
        )
    return tuple(_pair(number, pair) for number, pair in enumerate(given, 1))


def _pair(number: int, pair: Any) -> Pair:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InvalidMetadata(
            f"item {number} of the metadata must be a (name, value) pair, not {type(pair).__name__}"
        )
    name, value = pair
    if not isinstance(name, str):
        raise InvalidMetadata(
            f"the name in item {number} of the metadata must be str, not {type(name).__name__}"
        )
    name = name.lower()
    if not _NAME.fullmatch(name):
        shown = f" {name!r}" if name.isprintable() and " " not in name and len(name) <= _SHOWN else ""
        raise InvalidMetadata(
            f"invalid name{shown} in item {number} of the metadata: use letters, digits, '-', '_' and '.'"
        )
    if name.endswith("-bin"):
        if not isinstance(value, bytes):
            raise InvalidMetadata(f"the value of {name} must be bytes, not {type(value).__name__}")
        return name, value
    if not isinstance(value, str | bytes):
        raise InvalidMetadata(f"the value of {name} must be str, not {type(value).__name__}")
    text = value if isinstance(value, str) else value.decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        raise InvalidMetadata(
            f"the value of {name} contains a line break or another character that is not printable ASCII; "
            "send such values as bytes, with a name that ends with -bin"
        )
    return name, value
