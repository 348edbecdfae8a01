"""The counts of a client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClientStats:
    """Counts since the client was created, including its views. Those of tokens are of its credentials
    object, which clients may share."""

    calls: int
    """Calls made, successful or not."""
    retries: int
    """Calls that this package sent again: with another token, or after the delay that the server asked for.
    gRPC does not report the retries that it makes itself, of reads that could not reach the server (grpc
    issue 32292)."""
    refreshes: int
    """Tokens obtained."""
    last_refresh: datetime | None
    """When the last token was obtained (UTC). None before the first; a personal access token is never
    refreshed."""
    failed_refreshes: int
    """Failed attempts to obtain a token since then."""
