"""What seeding returns and raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class SeedError(ValueError):
    """Something cannot be added to the emulator. The message names it and the reason."""


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """A service user with all its credentials."""

    id: str
    user_name: str
    key_file: dict[str, str] = field(repr=False)
    """For `JwtProfile.from_dict`."""
    pat: str = field(repr=False)
    """A personal access token."""
    client_secret: str = field(repr=False)

    @property
    def client_id(self) -> str:
        """The same as `user_name`."""
        return self.user_name


@dataclass(frozen=True, slots=True)
class ApiApplication:
    """An API application. It authenticates with its client secret, or with private_key_jwt."""

    id: str
    client_id: str
    client_secret: str | None = field(repr=False)
    key_file: dict[str, str] | None = field(repr=False)
    """For `ApplicationKey.from_dict`."""


@dataclass(frozen=True, slots=True)
class SeedResult:
    """The service users and API applications that a seed file added, with their credentials."""

    service_users: Mapping[str, ServiceUser]
    """By user name."""
    api_applications: Mapping[str, ApiApplication]
    """By `PROJECT/NAME`."""
