"""Seed files: YAML that lists what the emulator contains at the start.

    organizations:
      - name: ZITADEL                     # always exists; others are added
        service_users:
          - user_name: reporter
            roles: [ORG_OWNER_VIEWER]     # Manager roles, on the organization or on the instance
            jwt_access_tokens: true       # default: opaque tokens
        humans:
          - email: ann@example.com        # with user_name, first_name, last_name, password, roles
        projects:
          - name: Shop
            roles: [reader, writer]
            user_grants: {reporter: [reader], ann@example.com: [reader, writer]}
            project_grants: {Acme: [reader]}
            managers: {ann@example.com: [PROJECT_OWNER]}
            api_applications:
              - name: shop-api
                private_key_jwt: true         # default: a client secret
      - name: Acme

Only names are required. Users, organizations and roles may be used before they are defined.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from zitadel_grpc.testing._seed_sections import Section, read
from zitadel_grpc.testing._seed_types import ApiApplication, SeedError, SeedResult, ServiceUser
from zitadel_grpc.testing._seeding import Seeding


@dataclass(frozen=True, slots=True)
class _ServiceUser:
    place: str
    user_name: str
    roles: Sequence[str]
    jwt_access_tokens: bool


@dataclass(frozen=True, slots=True)
class _Human:
    place: str
    email: str
    roles: Sequence[str]
    texts: Mapping[str, str] = field(repr=False)
    """Keyed by the names of `add_human`'s parameters."""


@dataclass(frozen=True, slots=True)
class _ApiApplication:
    place: str
    name: str
    private_key_jwt: bool


@dataclass(frozen=True, slots=True)
class _Project:
    place: str
    name: str
    roles: Sequence[str]
    user_grants: Mapping[str, Sequence[str]]
    """Roles by user name."""
    project_grants: Mapping[str, Sequence[str]]
    """Roles by organization name."""
    managers: Mapping[str, Sequence[str]]
    """Manager roles by user name."""
    api_applications: Sequence[_ApiApplication]


@dataclass(frozen=True, slots=True)
class _Organization:
    place: str
    name: str
    service_users: Sequence[_ServiceUser]
    humans: Sequence[_Human]
    projects: Sequence[_Project]


@dataclass(frozen=True, slots=True)
class SeedFile:
    path: Path
    organizations: Sequence[_Organization]

    def add_to(self, emulator: Seeding) -> SeedResult:
        """Adds everything, or raises SeedError for the first entry that cannot be added."""
        service_users: dict[str, ServiceUser] = {}
        api_applications: dict[str, ApiApplication] = {}
        project_ids: dict[str, str] = {}
        store = emulator._zitadel.store
        organization_ids = {each.name: each.id for each in store.present_organizations()}
        for organization in self.organizations:
            with self._at(organization.place):
                if organization.name not in organization_ids:
                    organization_ids[organization.name] = emulator.add_organization(organization.name)
        for organization in self.organizations:
            organization_id = organization_ids[organization.name]
            for user in organization.service_users:
                with self._at(user.place):
                    service_users[user.user_name] = emulator.add_service_user(
                        user.user_name,
                        roles=user.roles,
                        organization_id=organization_id,
                        jwt_access_tokens=user.jwt_access_tokens,
                    )
            for human in organization.humans:
                with self._at(human.place):
                    emulator.add_human(
                        human.email, roles=human.roles, organization_id=organization_id, **human.texts
                    )
            for project in organization.projects:
                with self._at(project.place):
                    project_ids[project.place] = emulator.add_project(
                        project.name, roles=project.roles, organization_id=organization_id
                    )
        user_ids = {user.user_name: user.id for user in store.users.values()}
        for project in (project for each in self.organizations for project in each.projects):
            project_id = project_ids[project.place]
            for name, roles in project.project_grants.items():
                with self._at(f"{project.place}.project_grants.{name}"):
                    granted = _known(organization_ids, name, "organization", "organizations")
                    emulator.add_project_grant(project_id, granted, _roles_of(project, roles))
            for name, roles in project.user_grants.items():
                with self._at(f"{project.place}.user_grants.{name}"):
                    user_id = _known(user_ids, name, "user", "service_users or humans")
                    emulator.add_user_grant(user_id, project_id, _roles_of(project, roles))
            for name, roles in project.managers.items():
                with self._at(f"{project.place}.managers.{name}"):
                    user_id = _known(user_ids, name, "user", "service_users or humans")
                    emulator.add_manager_roles(user_id, roles, project_id=project_id)
            for application in project.api_applications:
                with self._at(application.place):
                    api_applications[f"{project.name}/{application.name}"] = emulator.add_api_application(
                        project_id, application.name, private_key_jwt=application.private_key_jwt
                    )
        return SeedResult(service_users, api_applications)

    @contextlib.contextmanager
    def _at(self, place: str) -> Iterator[None]:
        try:
            yield
        except SeedError as error:
            raise SeedError(f"{self.path}: {place}: {error}") from None


def load(path: str | PathLike[str]) -> SeedFile:
    """Reads and checks a seed file. SeedErrors name the file, the place and the fix."""
    path = Path(path)
    document = read(path)
    organizations = [_organization(section) for section in document.sections("organizations")]
    document.end()
    return SeedFile(path, organizations)


def _organization(section: Section) -> _Organization:
    organization = _Organization(
        section.place,
        section.text("name"),
        [_service_user(each) for each in section.sections("service_users")],
        [_human(each) for each in section.sections("humans")],
        [_project(each) for each in section.sections("projects")],
    )
    section.end()
    return organization


def _service_user(section: Section) -> _ServiceUser:
    user = _ServiceUser(
        section.place,
        section.text("user_name"),
        section.texts("roles"),
        section.flag("jwt_access_tokens"),
    )
    section.end()
    return user


def _human(section: Section) -> _Human:
    optional = {key for key in ("user_name", "first_name", "last_name", "password") if section.has(key)}
    human = _Human(
        section.place,
        section.text("email"),
        section.texts("roles"),
        {key: section.text(key) for key in optional},
    )
    section.end()
    return human


def _project(section: Section) -> _Project:
    project = _Project(
        section.place,
        section.text("name"),
        section.texts("roles"),
        section.texts_by_name("user_grants"),
        section.texts_by_name("project_grants"),
        section.texts_by_name("managers"),
        [_api_application(each) for each in section.sections("api_applications")],
    )
    section.end()
    return project


def _api_application(section: Section) -> _ApiApplication:
    application = _ApiApplication(section.place, section.text("name"), section.flag("private_key_jwt"))
    section.end()
    return application


def _known(ids: Mapping[str, str], name: str, kind: str, where: str) -> str:
    if name not in ids:
        raise SeedError(f"unknown {kind} {name!r}: add it to {where}")
    return ids[name]


def _roles_of(project: _Project, roles: Sequence[str]) -> Sequence[str]:
    for role in roles:
        if role not in project.roles:
            raise SeedError(
                f"unknown role {role!r} of project {project.name}: add it to {project.place}.roles"
            )
    return roles
