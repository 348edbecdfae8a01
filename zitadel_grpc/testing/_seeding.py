"""State to begin with: what an emulator is given before a test or a demo.

The RPCs themselves put it there, whoever may call them: it obeys their rules, and looks as if a client had
made it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, TypeVar

from google.protobuf.message import Message

from zitadel_grpc import validation
from zitadel_grpc.api.admin import v1 as admin
from zitadel_grpc.api.app import v1 as app
from zitadel_grpc.api.authn import v1 as authn
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.org import v2 as org
from zitadel_grpc.api.user import v1 as user
from zitadel_grpc.testing._rpc import services
from zitadel_grpc.testing._rpc.permissions import roles_of_level
from zitadel_grpc.testing._rpc.refusals import Refusal
from zitadel_grpc.testing._state.members import Level
from zitadel_grpc.testing._state.snapshots import Snapshot
from zitadel_grpc.testing._zitadel import Zitadel

Result = TypeVar("Result")


class SeedError(ValueError):
    """What was to be added cannot be; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """A service user and all that it can prove itself by; its client id is its user name."""

    id: str
    user_name: str
    key_file: dict[str, str] = field(repr=False)
    """For `JwtProfile.from_dict`."""
    pat: str = field(repr=False)
    client_secret: str = field(repr=False)

    @property
    def client_id(self) -> str:
        return self.user_name


@dataclass(frozen=True, slots=True)
class ApiApplication:
    """An API of one's own, as a client: it introspects with its secret, or by private_key_jwt."""

    id: str
    client_id: str
    client_secret: str | None = field(repr=False)
    key_file: dict[str, str] | None = field(repr=False)
    """For `ApplicationKey.from_dict`."""


@dataclass(frozen=True, slots=True)
class SeedResult:
    """Of what a seed file added, all that can prove itself by something."""

    service_users: Mapping[str, ServiceUser]
    """By user name."""
    api_applications: Mapping[str, ApiApplication]
    """By `PROJECT/NAME`."""


class Seeding(ABC):
    """Methods of `Emulator`. Each takes milliseconds, and is as good in async as in sync tests.

    What another call may need, such as a project's id, is returned. Where an organization may be named, the
    default is the first one. All raise SeedError for what the RPC of that kind would refuse.
    """

    _zitadel: Zitadel
    organization_id: str

    @abstractmethod
    def _between_requests(self, function: Callable[[], Result]) -> Result: ...

    def seed(self, path: str | PathLike[str]) -> SeedResult:
        """Adds what a YAML file says (see `zitadel_grpc.testing._seed_file`).

        SeedErrors name the file and the place in it; after one nothing of the file was added.
        """
        from zitadel_grpc.testing._seed_file import load

        seed_file, store = load(path), self._zitadel.store
        before = self._between_requests(lambda: Snapshot.take(store))
        try:
            return seed_file.add_to(self)
        except BaseException:
            self._between_requests(lambda: before.restore(store))
            raise

    def add_organization(self, name: str) -> str:
        """The id of an organization in which nobody has a role yet."""
        added = self._do(f"organization {name!r}", org.AddOrganizationRequest(name=name))
        organization_id: str = added.organization_id
        return organization_id

    def add_service_user(
        self,
        user_name: str | None = None,
        *,
        roles: Iterable[str] = (),
        organization_id: str | None = None,
        jwt_access_tokens: bool = False,
    ) -> ServiceUser:
        """A service user with a key (some 50 ms of CPU), a personal access token and a secret.

        `user_name` is made up if none is given. `roles` are Manager roles, on the instance or on the user's
        organization, as their names say. The token endpoint gives it opaque tokens, or JWTs.
        """
        given, types = _by_level(roles), user.AccessTokenType
        user_name = user_name or f"service-user-{self._zitadel.store.new_id()}"
        thing = f"service user {user_name!r}"
        request = management.AddMachineUserRequest(
            user_name=user_name,
            name=user_name,
            access_token_type=(
                types.ACCESS_TOKEN_TYPE_JWT if jwt_access_tokens else types.ACCESS_TOKEN_TYPE_BEARER
            ),
        )
        user_id: str = self._do(thing, request, organization_id).user_id
        self._give(user_id, given, organization_id)
        key = management.AddMachineKeyRequest(user_id=user_id, type=authn.KeyType.KEY_TYPE_JSON)
        pat = management.AddPersonalAccessTokenRequest(user_id=user_id)
        secret = management.GenerateMachineSecretRequest(user_id=user_id)
        return ServiceUser(
            id=user_id,
            user_name=user_name,
            key_file=json.loads(self._do(thing, key, organization_id).key_details),
            pat=self._do(thing, pat, organization_id).token,
            client_secret=self._do(thing, secret, organization_id).client_secret,
        )

    def add_human(
        self,
        email: str,
        *,
        user_name: str | None = None,
        first_name: str = "Test",
        last_name: str = "User",
        password: str | None = None,
        roles: Iterable[str] = (),
        organization_id: str | None = None,
    ) -> str:
        """The id of a human with a verified e-mail address, which is the user name if none is given."""
        given, human = _by_level(roles), management.ImportHumanUserRequest
        request = human(
            user_name=user_name or email,
            profile=human.Profile(first_name=first_name, last_name=last_name),
            email=human.Email(email=email, is_email_verified=True),
            password=password or "",
        )
        user_id: str = self._do(f"human {email!r}", request, organization_id).user_id
        self._give(user_id, given, organization_id)
        return user_id

    def add_manager_roles(
        self,
        user_id: str,
        roles: Iterable[str],
        *,
        organization_id: str | None = None,
        project_id: str | None = None,
    ) -> None:
        """Makes a user Manager of the instance (`IAM_…`), of an organization (`ORG_…`) or of a project.

        Roles on a project need a `project_id`.
        """
        given = _by_level(roles, on_project=project_id is not None)
        self._give(user_id, given, organization_id or self._owner(project_id), project_id)

    def add_project(self, name: str, *, roles: Iterable[str] = (), organization_id: str | None = None) -> str:
        """The id of a project with these roles, by their keys."""
        thing, keys = f"project {name!r}", _listed(roles)
        request = management.AddProjectRequest(name=name)
        project_id: str = self._do(thing, request, organization_id).id
        for key in keys:
            role = management.AddProjectRoleRequest(project_id=project_id, role_key=key, display_name=key)
            self._do(f"role {key!r} of {thing}", role, organization_id)
        return project_id

    def add_project_grant(self, project_id: str, organization_id: str, roles: Iterable[str]) -> str:
        """The id of a grant of roles of a project to another organization."""
        request = management.AddProjectGrantRequest(
            project_id=project_id, granted_org_id=organization_id, role_keys=_listed(roles)
        )
        grant_id: str = self._do(
            f"{', '.join(request.role_keys)} of project {project_id} to organization {organization_id}",
            request,
            self._owner(project_id),
        ).grant_id
        return grant_id

    def add_user_grant(
        self, user_id: str, project_id: str, roles: Iterable[str], *, project_grant_id: str | None = None
    ) -> str:
        """The id of a grant of roles of a project to a user: by the organization that has the project, or by
        the one that has it by a project grant."""
        request = management.AddUserGrantRequest(
            user_id=user_id,
            project_id=project_id,
            project_grant_id=project_grant_id or "",
            role_keys=_listed(roles),
        )
        grant = self._zitadel.store.project_grants.get(project_grant_id or "")
        owner = grant.granted_organization_id if grant else self._owner(project_id)
        thing = f"{', '.join(request.role_keys)} of project {project_id} to user {user_id}"
        grant_id: str = self._do(thing, request, owner).user_grant_id
        return grant_id

    def add_api_application(
        self, project_id: str, name: str = "api", *, private_key_jwt: bool = False
    ) -> ApiApplication:
        """An API application, with a secret, or with a key for private_key_jwt."""
        methods = app.APIAuthMethodType
        method = methods.API_AUTH_METHOD_TYPE_BASIC
        if private_key_jwt:
            method = methods.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT
        thing, owner = f"application {name!r}", self._owner(project_id)
        request = management.AddAPIAppRequest(project_id=project_id, name=name, auth_method_type=method)
        added = self._do(thing, request, owner)
        key_file = None
        if private_key_jwt:
            key = management.AddAppKeyRequest(
                project_id=project_id, app_id=added.app_id, type=authn.KeyType.KEY_TYPE_JSON
            )
            key_file = json.loads(self._do(thing, key, owner).key_details)
        return ApiApplication(added.app_id, added.client_id, added.client_secret or None, key_file)

    def _give(
        self,
        user_id: str,
        roles: Mapping[Level, Sequence[str]],
        organization_id: str | None,
        project_id: str | None = None,
    ) -> None:
        for level, given in roles.items():
            request: Message
            match level:
                case Level.INSTANCE:
                    request = admin.AddIAMMemberRequest(user_id=user_id, roles=given)
                case Level.ORGANIZATION:
                    request = management.AddOrgMemberRequest(user_id=user_id, roles=given)
                case Level.PROJECT:
                    request = management.AddProjectMemberRequest(
                        project_id=project_id or "", user_id=user_id, roles=given
                    )
            self._do(f"{', '.join(given)} of user {user_id}", request, organization_id)

    def _owner(self, project_id: str | None) -> str | None:
        project = self._zitadel.store.projects.get(project_id or "")
        return project.details.resource_owner if project else None

    def _do(self, thing: str, request: Message, organization_id: str | None = None) -> Any:
        """What the RPC answers that `request` is for, called in an organization."""
        organization_id = organization_id or self.organization_id
        if organization_id not in self._zitadel.store.organizations:
            raise SeedError(f"{thing} cannot be added: there is no organization {organization_id}")
        name = request.DESCRIPTOR.name.removesuffix("Request")
        implementation = services.implementations(request.DESCRIPTOR.file.package)[name]
        call = services.Call(self._zitadel, None, organization_id)
        for violation in validation.violations(request):
            raise SeedError(f"{thing} cannot be added: {violation}")
        try:
            return self._between_requests(lambda: implementation(call, request))
        except Refusal as refusal:
            raise SeedError(f"{thing} cannot be added: {refusal.details}") from None


def _listed(roles: Iterable[str]) -> list[str]:
    """Raises SeedError for a text, of which each letter would be a role."""
    if isinstance(roles, str):
        raise SeedError(f"roles is {roles!r}: give a list, [{roles!r}]")
    return list(roles)


def _by_level(roles: Iterable[str], *, on_project: bool = False) -> dict[Level, list[str]]:
    """Raises SeedError for what is no Manager role, or one on a project where none is meant."""
    found: dict[Level, list[str]] = {}
    for role in _listed(roles):
        level = next((level for level in Level if role in roles_of_level(level)), None)
        if level is None:
            known = ", ".join(role for level in Level for role in roles_of_level(level))
            raise SeedError(f"{role!r} is no Manager role; there are {known}")
        if level is Level.PROJECT and not on_project:
            raise SeedError(f"{role} is a role on a project: use add_manager_roles with a project_id")
        found.setdefault(level, []).append(role)
    return found
