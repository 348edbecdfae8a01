"""What a client has done so far, for health pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClientStats:
    """Counts since the client was made, its views counted in; those of tokens are of its credentials object,
    which clients may share."""

    calls: int
    """Calls made, whatever became of them."""
    retries: int
    """Calls sent again by this package: with another token, or when the server had said when. What gRPC
    repeats by itself, reads that could not reach the server, it does not tell (grpc issue 32292)."""
    refreshes: int
    """Tokens obtained."""
    last_refresh: datetime | None
    """When the last token was obtained (UTC), None if none was: a personal access token needs no refresh."""
    failed_refreshes: int
    """Attempts to obtain one that failed since then."""
