"""The result of `AsyncClient.stats()` and `Client.stats()`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClientStats:
    """Counts since the client was created, including calls of its views. The token counts are those of its
    credentials object, which clients may share."""

    calls: int
    """Calls made, successful or not."""
    retries: int
    """Retries by this package: with another token, or after the delay that the server asked for. Retries by
    gRPC itself, when the server cannot be reached, are not included: gRPC does not report them (grpc issue
    32292)."""
    refreshes: int
    """Tokens obtained."""
    last_refresh: datetime | None
    """When the last token was obtained (UTC). None before the first; a personal access token is never
    refreshed."""
    failed_refreshes: int
    """Failed refreshes since then. Each may consist of several requests."""
