"""Removes from a server's response the secrets that were sent to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_SHORTEST_SECRET = 8  # characters; a shorter value protects nothing, and may be part of any word
# Every header may hold a secret, except for these.
_HARMLESS = "x-zitadel-(orgid|instance-host|public-host)|user-agent|accept(-language)?|traceparent"


def secrets_of(sent: Iterable[tuple[str, Any]]) -> list[str]:
    """The values in a call's metadata that may be secrets: all except those of well-known headers."""
    values = (value for key, value in sent if not re.fullmatch(_HARMLESS, key) and isinstance(value, str))
    both = ((value, value.rpartition(" ")[2]) for value in values)  # with and without `Bearer`
    return [secret for pair in both for secret in pair if len(secret) >= _SHORTEST_SECRET]


def redact(secrets: Sequence[str], text: Any) -> Any:
    """`text` (str or bytes) without `secrets`. Bytes keep their length, since they may be a message."""
    for secret in secrets:
        if isinstance(text, str):
            text = text.replace(secret, "…")
        elif isinstance(text, bytes):
            text = text.replace(secret.encode(), b"*" * len(secret.encode()))
    return text
