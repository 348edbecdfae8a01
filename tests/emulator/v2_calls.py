"""Calls to the v2 services, and common set-up of their tests."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.project import v2beta as project
from zitadel_grpc.api.user import v2 as user

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tests.emulator.conftest import Outcome, Peer

LATER = Timestamp(seconds=4_000_000_000)
GET_MY_USER = "zitadel.auth.v1.AuthService/GetMyUser"


async def ask(peer: Peer, request: Message, *, token: str | None = None) -> Outcome:
    """Calls the RPC to which the request belongs, as the first service user or with `token`."""
    file, name = request.DESCRIPTOR.file, request.DESCRIPTOR.name.removesuffix("Request")
    messages = importlib.import_module(f"zitadel_grpc.api.{file.package.removeprefix('zitadel.')}")
    response_type: type[Message] = getattr(messages, f"{name}Response")
    (service,) = file.services_by_name.values()
    rpc = f"{service.full_name}/{name}"
    return await peer.call(rpc, request, response_type, token=token or peer.zitadel.pat)


async def organization_of(peer: Peer) -> str:
    organization_id: str = (await ask(peer, management.GetMyOrgRequest())).response.org.id
    return organization_id


async def other_organization(peer: Peer) -> str:
    organization_id: str = (await ask(peer, management.AddOrgRequest(name="Elsewhere"))).response.id
    return organization_id


async def add_machine(peer: Peer, username: str = "robot", organization_id: str = "", **fields: str) -> str:
    request = user.CreateUserRequest(
        organization_id=organization_id or await organization_of(peer),
        username=username,
        machine=user.CreateUserRequest.Machine(name="Robot", **fields),
    )
    user_id: str = (await ask(peer, request)).response.id
    return user_id


async def add_token(peer: Peer, user_id: str) -> str:
    request = user.AddPersonalAccessTokenRequest(user_id=user_id, expiration_date=LATER)
    token: str = (await ask(peer, request)).response.token
    return token


async def set_role(peer: Peer, user_id: str, role: str) -> None:
    outcome = await ask(peer, management.AddOrgMemberRequest(user_id=user_id, roles=[role]))
    assert outcome.code is StatusCode.OK


def ann(**fields: object) -> user.AddHumanUserRequest:
    return user.AddHumanUserRequest(
        profile=user.SetHumanProfile(given_name="Ann", family_name="A"),
        email=user.SetHumanEmail(email="ann@example.com", is_verified=True),
        **fields,  # type: ignore[arg-type]
    )


async def add_project(peer: Peer, name: str = "shop", *roles: str, organization_id: str = "") -> str:
    owner = organization_id or await organization_of(peer)
    created = await ask(peer, project.CreateProjectRequest(organization_id=owner, name=name))
    project_id: str = created.response.id
    for role in roles:
        await ask(
            peer,
            project.AddProjectRoleRequest(project_id=project_id, role_key=role, display_name=role.title()),
        )
    return project_id
