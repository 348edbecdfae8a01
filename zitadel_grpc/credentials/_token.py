"""Token: the result of `Credentials.fetch_token`."""

from __future__ import annotations

from dataclasses import dataclass, field

from zitadel_grpc._errors.frames import init_without_locals
from zitadel_grpc._misplaced import is_number, shown_number
from zitadel_grpc.errors import ConfigurationError

_LONGEST_LIFETIME = 1e12  # seconds; the current time plus the lifetime must be a finite number


@init_without_locals
@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, and the seconds until it expires, or None if that is unknown.

    Raises ConfigurationError if the value cannot be a token, or the lifetime is not positive.
    """

    value: str = field(repr=False)
    expires_in: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.value, str):
            raise ConfigurationError(f"the token must be a str, not {type(self.value).__name__}")
        if not self.value or not all("!" <= c <= "~" for c in self.value):
            raise ConfigurationError("the token is empty or contains whitespace or non-ASCII characters")
        lifetime = self.expires_in
        if lifetime is not None and (not is_number(lifetime) or not 0 < lifetime <= _LONGEST_LIFETIME):
            raise ConfigurationError(
                f"expires_in must be a positive number of seconds or None, not {shown_number(lifetime)}"
            )
