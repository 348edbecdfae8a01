"""Everything the emulated server knows, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zitadel_grpc.testing.state.clock import Clock
from zitadel_grpc.testing.state.ids import Ids
from zitadel_grpc.testing.state.members import Level, Member
from zitadel_grpc.testing.state.resources import Details, Instance, Organization
from zitadel_grpc.testing.state.tokens import AccessToken
from zitadel_grpc.testing.state.users import MachineKey, PersonalAccessToken, User


@dataclass(slots=True)
class Store:
    """Tables by id, in the order of creation; those of tokens by the token itself."""

    clock: Clock
    instance: Instance = field(init=False)
    organizations: dict[str, Organization] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    members: dict[tuple[Level, str, str], Member] = field(default_factory=dict)
    machine_keys: dict[str, MachineKey] = field(default_factory=dict)
    personal_access_tokens: dict[str, PersonalAccessToken] = field(default_factory=dict, repr=False)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict, repr=False)
    system_users: dict[str, bytes] = field(default_factory=dict)
    """Public keys (PEM) of the System API's users."""
    new_id: Ids = field(default_factory=Ids)
    _sequence: int = 0

    def new_details(self, resource_owner: str) -> Details:
        """For a resource that is just being made."""
        now = self.clock.datetime()
        return Details(resource_owner, self._next_sequence(), now, now)

    def touch(self, details: Details) -> Details:
        """Marks a resource as just changed."""
        details.sequence = self._next_sequence()
        details.change_date = self.clock.datetime()
        return details

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def user_by_name(self, user_name: str) -> User | None:
        return next((user for user in self.users.values() if user.user_name == user_name), None)

    def memberships(self, user_id: str) -> Iterator[Member]:
        """Newest last."""
        return (member for member in self.members.values() if member.user_id == user_id)

    def set_member(
        self, level: Level, resource_id: str, user_id: str, roles: list[str], owner: str
    ) -> Member:
        member = Member(level, resource_id, user_id, self.new_details(owner), roles)
        self.members[level, resource_id, user_id] = member
        return member
