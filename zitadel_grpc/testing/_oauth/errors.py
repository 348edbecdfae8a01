"""Error responses (RFC 6749 §5.2)."""

from __future__ import annotations


class OAuthError(Exception):
    """Becomes the body `{"error": …, "error_description": …}`."""

    def __init__(self, error: str, description: str | None = None, *, status: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status
