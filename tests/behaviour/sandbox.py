"""Test data on a shared server: with unique names, and removed at the end."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.behaviour.waiting import eventually
from tests.conformance.server import Server
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user.v1 import AccessTokenType
from zitadel_grpc.credentials import Credentials, PersonalAccessToken
from zitadel_grpc.errors import RpcError


def new_name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class Robot:
    """A service user with a personal access token."""

    id: str
    name: str
    pat: str = field(repr=False)


class Sandbox:
    """Adds test data as the first service user, an IAM_OWNER. An async context manager."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._options = ConnectionOptions(root_certificates=server.root_certificates)
        self.client = self.connect(PersonalAccessToken(server.pat))
        self._clean_ups: list[Callable[[], Awaitable[object]]] = []

    def connect(self, credentials: Credentials | Robot) -> AsyncClient:
        return AsyncClient(self.server.url, _credentials(credentials), options=self._options)

    def connect_sync(self, credentials: Credentials | Robot) -> Client:
        return Client(self.server.url, _credentials(credentials), options=self._options)

    async def add_robot(
        self,
        *roles: str,
        name: str | None = None,
        org_id: str | None = None,
        jwt_access_tokens: bool = False,
    ) -> Robot:
        """Adds a service user and waits until its token is valid. Its roles may become visible later."""
        types, name = AccessTokenType, name or new_name("robot")
        api = (self.client.with_org(org_id) if org_id else self.client).management
        request = management.AddMachineUserRequest(
            user_name=name,
            name=name,
            access_token_type=(
                types.ACCESS_TOKEN_TYPE_JWT if jwt_access_tokens else types.ACCESS_TOKEN_TYPE_BEARER
            ),
        )
        user_id = (await api.AddMachineUser(request)).user_id
        self._clean_ups.append(lambda: api.RemoveUser(management.RemoveUserRequest(id=user_id)))
        if roles:
            await api.AddOrgMember(management.AddOrgMemberRequest(user_id=user_id, roles=roles))
        pat = await api.AddPersonalAccessToken(management.AddPersonalAccessTokenRequest(user_id=user_id))
        robot = Robot(user_id, name, pat.token)
        async with self.connect(robot) as client:
            await eventually(lambda: client.auth.GetMyUser(GetMyUserRequest()))
        return robot

    async def add_project(self, *roles: str) -> str:
        """Adds a project in the first service user's organization and returns its id."""
        api = self.client.management
        project_id = (await api.AddProject(management.AddProjectRequest(name=new_name("project")))).id
        self._clean_ups.append(lambda: api.RemoveProject(management.RemoveProjectRequest(id=project_id)))
        for key in roles:
            await api.AddProjectRole(
                management.AddProjectRoleRequest(project_id=project_id, role_key=key, display_name=key)
            )
        return project_id

    async def add_organization(self) -> str:
        """Adds an organization, waits until it is visible everywhere and returns its id."""
        request = management.AddOrgRequest(name=new_name("organization"))
        org_id = (await self.client.management.AddOrg(request)).id
        api = self.client.with_org(org_id).management
        self._clean_ups.append(lambda: api.RemoveOrg(management.RemoveOrgRequest()))
        await eventually(lambda: api.GetMyOrg(management.GetMyOrgRequest()))
        return org_id

    async def __aenter__(self) -> Sandbox:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Removes everything, newest first, except what tests have removed themselves."""
        for clean_up in reversed(self._clean_ups):
            with contextlib.suppress(RpcError):
                await clean_up()
        await self.client.close()


def _credentials(given: Credentials | Robot) -> Credentials:
    return PersonalAccessToken(given.pat) if isinstance(given, Robot) else given
