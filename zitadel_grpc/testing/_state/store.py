"""The whole state of the emulated server, in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from zitadel_grpc.testing._state.applications import Application, ApplicationKey
from zitadel_grpc.testing._state.clock import Clock
from zitadel_grpc.testing._state.ids import Ids
from zitadel_grpc.testing._state.members import Level, Member
from zitadel_grpc.testing._state.projects import Project, ProjectGrant, UserGrant
from zitadel_grpc.testing._state.resources import Details, Instance, Organization, State
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._state.users import Human, Machine, MachineKey, Metadata, PersonalAccessToken, User

Key = TypeVar("Key")


@dataclass(slots=True)
class Store:
    """Tables with ids as keys, in order of creation. The keys of token tables are the tokens."""

    clock: Clock
    instance: Instance = field(init=False)
    organizations: dict[str, Organization] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    project_grants: dict[str, ProjectGrant] = field(default_factory=dict)
    user_grants: dict[str, UserGrant] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    application_keys: dict[str, ApplicationKey] = field(default_factory=dict)
    members: dict[tuple[Level, str, str], Member] = field(default_factory=dict)
    machine_keys: dict[str, MachineKey] = field(default_factory=dict)
    personal_access_tokens: dict[str, PersonalAccessToken] = field(default_factory=dict, repr=False)
    metadata: dict[tuple[str, str], Metadata] = field(default_factory=dict)
    """Keyed by user id and metadata key."""
    access_tokens: dict[str, AccessToken] = field(default_factory=dict, repr=False)
    system_users: dict[str, bytes] = field(default_factory=dict)
    """Public keys (PEM) of System API users."""
    removals: dict[str, datetime] = field(default_factory=dict)
    """Deletion times of resources that the v2 APIs let callers delete repeatedly."""
    new_id: Ids = field(default_factory=Ids)
    sequence: int = 0
    """The number of the last event. Every write increases it."""
    lag: float = 0.0
    """Seconds by which this store is delayed; more than 0 for projections."""

    def new_details(self, resource_owner: str) -> Details:
        """Details for a new resource."""
        now = self.clock.datetime()
        return Details(resource_owner, self._next_sequence(), now, now)

    def touch(self, details: Details) -> Details:
        """Records a change of a resource."""
        details.sequence = self._next_sequence()
        details.change_date = self.clock.datetime()
        return details

    def remove(self, table: dict[Key, Any], key: Key) -> None:
        """Deletes a row and counts it as a write, which `del` does not."""
        del table[key]
        self._next_sequence()

    def _next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def view_date(self) -> datetime:
        """The time up to which this store contains all writes."""
        return self.clock.datetime() - timedelta(seconds=self.lag)

    def user_by_name(self, user_name: str) -> User | None:
        return next((user for user in self.users.values() if user.user_name == user_name), None)

    def add_organization(self, name: str, organization_id: str | None = None) -> Organization | None:
        """Returns None if the name or the id is taken."""
        organization_id = organization_id or self.new_id()
        if organization_id in self.organizations or any(
            each.name == name for each in self.present_organizations()
        ):
            return None
        label = re.sub(r"[^\w-]|_", "", name.replace(" ", "-")).strip("-").lower()
        organization = Organization(
            organization_id, self.new_details(organization_id), name, f"{label}.localhost"
        )
        self.organizations[organization_id] = organization
        return organization

    def present_organizations(self) -> list[Organization]:
        """All organizations that have not been removed."""
        return [each for each in self.organizations.values() if each.state is not State.UNSPECIFIED]

    def remove_organization(self, organization: Organization) -> None:
        """Removes it with its users and projects. Its name stays taken, as in ZITADEL."""
        organization.state = State.UNSPECIFIED
        for user in [user for user in self.users.values() if user.details.resource_owner == organization.id]:
            self.remove_user(user.id)
        for project in [p for p in self.projects.values() if p.details.resource_owner == organization.id]:
            self.remove_project(project.id)
        _drop(self.project_grants, lambda grant: grant.granted_organization_id == organization.id)
        _drop(self.user_grants, lambda grant: grant.details.resource_owner == organization.id)
        _drop(self.members, lambda member: member.resource_id == organization.id)

    def add_user(
        self, user_name: str, kind: Human | Machine, *, owner: str, user_id: str | None = None
    ) -> User | None:
        """Returns None if the name or the id is taken."""
        user_id = user_id or self.new_id()
        if user_id in self.users or self.user_by_name(user_name):
            return None
        user = User(user_id, self.new_details(owner), user_name, kind)
        self.users[user_id] = user
        return user

    def set_metadata(self, user: User, key: str, value: bytes) -> Metadata:
        """Adds or changes an entry."""
        if metadata := self.metadata.get((user.id, key)):
            metadata.value = value
            self.touch(metadata.details)
            return metadata
        metadata = Metadata(user.id, key, self.new_details(user.details.resource_owner), value)
        self.metadata[user.id, key] = metadata
        return metadata

    def end_tokens(self, user_id: str) -> None:
        """Revokes the user's access tokens and personal access tokens."""
        _drop(self.access_tokens, lambda token: token.user_id == user_id)
        for pat in self.personal_access_tokens.values():
            pat.revoked = pat.revoked or pat.user_id == user_id

    def remove_user(self, user_id: str) -> None:
        """Removes the user with everything that belongs to it."""
        self.end_tokens(user_id)
        self.remove(self.users, user_id)
        tables = (
            self.members,
            self.machine_keys,
            self.personal_access_tokens,
            self.metadata,
            self.user_grants,
        )
        for table in tables:
            _drop(table, lambda row: row.user_id == user_id)

    def remove_project(self, project_id: str) -> None:
        """Removes the project with everything in it."""
        self.remove(self.projects, project_id)
        for application in [app for app in self.applications.values() if app.project_id == project_id]:
            self.remove_application(application.id)
        for table in (self.project_grants, self.user_grants):
            _drop(table, lambda row: row.project_id == project_id)
        _drop(self.members, lambda member: (member.level, member.resource_id) == (Level.PROJECT, project_id))

    def remove_application(self, application_id: str) -> None:
        self.remove(self.applications, application_id)
        _drop(self.application_keys, lambda key: key.application_id == application_id)

    def remove_role_from_grants(self, project_id: str, role_key: str) -> None:
        grants: list[ProjectGrant | UserGrant] = [*self.project_grants.values(), *self.user_grants.values()]
        for grant in grants:
            if grant.project_id == project_id and role_key in grant.role_keys:
                grant.role_keys.remove(role_key)

    def remove_project_grant(self, grant_id: str) -> None:
        """Removes the grant with the roles granted through it."""
        self.remove(self.project_grants, grant_id)
        _drop(self.user_grants, lambda grant: grant.project_grant_id == grant_id)

    def project_grant_to(self, project_id: str, organization_id: str) -> ProjectGrant | None:
        wanted = (project_id, organization_id)
        grants = self.project_grants.values()
        return next((g for g in grants if (g.project_id, g.granted_organization_id) == wanted), None)

    def client(self, client_id: str) -> Application | None:
        return next((app for app in self.applications.values() if app.client_id == client_id), None)

    def memberships(self, user_id: str) -> Iterator[Member]:
        """Sorted from oldest to newest."""
        return (member for member in self.members.values() if member.user_id == user_id)

    def members_of(self, level: Level, resource_id: str) -> Iterator[tuple[Member, User]]:
        for member in self.members.values():
            if (member.level, member.resource_id) == (level, resource_id):
                yield member, self.users[member.user_id]

    def set_member(
        self, level: Level, resource_id: str, user_id: str, roles: list[str], owner: str
    ) -> Member:
        member = Member(level, resource_id, user_id, self.new_details(owner), roles)
        self.members[level, resource_id, user_id] = member
        return member


def _drop(table: dict[Any, Any], unwanted: Callable[[Any], bool]) -> None:
    for key in [key for key, row in table.items() if unwanted(row)]:
        del table[key]
