"""Changes the numbers of the token cache for a test."""

from __future__ import annotations

from typing import Any, Protocol


class ChangePolicy(Protocol):
    """Changes fields of the default RefreshPolicy; caches that are created later use it."""

    def __call__(self, **changes: Any) -> None: ...
