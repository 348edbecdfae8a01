"""Adds, changes and removes Manager roles on all levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from zitadel_grpc.testing._rpc.permissions import roles_of_level
from zitadel_grpc.testing._rpc.refusals import already_exists, invalid_argument, not_found
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._services.lookups import existing_user
from zitadel_grpc.testing._state.members import Level, Member


class Error(NamedTuple):
    message: str
    error_id: str


@dataclass(frozen=True, slots=True)
class Errors:
    """ZITADEL's error messages and ids for one level."""

    invalid: Error
    invalid_update: Error
    exists: Error
    missing: Error
    no_user: str


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an instance, organization or project, whose id is `resource_id`."""

    level: Level
    errors: Errors

    def find(self, call: Call, resource_id: str, user_id: str) -> Member | None:
        return call.store.members.get((self.level, resource_id, user_id))

    def add(self, call: Call, resource_id: str, user_id: str, roles: Iterable[str], *, owner: str) -> Member:
        given = self.checked(roles, self.errors.invalid)
        existing_user(call, user_id, self.errors.no_user)
        if self.find(call, resource_id, user_id):
            raise already_exists(*self.errors.exists)
        return call.store.set_member(self.level, resource_id, user_id, given, owner=owner)

    def update(self, call: Call, resource_id: str, user_id: str, roles: Iterable[str]) -> Member:
        """Unchanged roles are not an error."""
        given = self.checked(roles, self.errors.invalid_update)
        if (member := self.find(call, resource_id, user_id)) is None:
            raise not_found(*self.errors.missing)
        if member.roles != given:
            member.roles = given
            call.store.touch(member.details)
        return member

    def remove(self, call: Call, resource_id: str, user_id: str) -> Member | None:
        """Returns None if the user was not a member, which is not an error in ZITADEL."""
        if member := self.find(call, resource_id, user_id):
            call.store.remove(call.store.members, (self.level, resource_id, user_id))
            call.store.touch(member.details)
        return member

    def checked(self, roles: Iterable[str], error: Error) -> list[str]:
        """Raises Refusal for roles of another level."""
        given = list(roles)
        if not set(given) <= set(roles_of_level(self.level)):
            raise invalid_argument(*error)
        return given


ORGANIZATION_MEMBERS = Members(
    Level.ORGANIZATION,
    Errors(
        invalid=Error("Errors.Org.MemberInvalid", "Org-4N8es"),
        invalid_update=Error("Errors.Org.MemberInvalid", "IAM-m9fG8"),
        exists=Error("Errors.Org.Member.AlreadyExists", "ORG-poWwe"),
        missing=Error("Errors.NotFound", "Org-D8JxR"),
        no_user="ORG-GoXOn",
    ),
)
