"""How a client authenticates at the token and introspection endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """What authenticates one request: an `Authorization` header value (`basic`) or form fields."""

    basic: str | None = None
    form: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return "ClientAuthentication(…)"


class ClientAuthenticator(Protocol):
    """A client that can authenticate: ClientCredentials or ApplicationKey."""

    def authenticate(self, issuer: str) -> ClientAuthentication:
        """The authentication of one request to `issuer`."""
        ...
