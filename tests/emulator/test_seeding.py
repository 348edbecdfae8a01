"""Test data that `Emulator` adds, as a service sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import jwt
import pytest

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.auth.v1 import GetMyUserRequest, ListMyMembershipsRequest, ListMyUserGrantsRequest
from zitadel_grpc.api.management.v1 import (
    GetMyOrgRequest,
    GetUserByIDRequest,
    ListGrantedProjectsRequest,
    ListProjectRolesRequest,
    ListUserGrantRequest,
    ListUsersRequest,
)
from zitadel_grpc.credentials import ApplicationKey, ClientCredentials, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import NotFound, PermissionDenied, Unauthenticated
from zitadel_grpc.testing import Emulator, SeedError, ServiceUser

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

Credentials = JwtProfile | ClientCredentials | PersonalAccessToken


@pytest.fixture
def zitadel(shared_zitadel: Emulator) -> Iterator[Emulator]:
    yield shared_zitadel
    shared_zitadel.reset()


def client_of(zitadel: Emulator, credentials: Credentials) -> AsyncClient:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    return AsyncClient(zitadel.url, credentials, options=options)


@pytest.mark.parametrize(
    "credentials_of",
    [
        lambda user: JwtProfile.from_dict(user.key_file),
        lambda user: ClientCredentials(user.client_id, user.client_secret),
        lambda user: PersonalAccessToken(user.pat),
    ],
    ids=["key file", "client secret", "PAT"],
)
async def test_a_service_user_can_use_each_kind_of_credentials(
    zitadel: Emulator, credentials_of: Callable[[ServiceUser], Credentials]
) -> None:
    robot = zitadel.add_service_user("robot", roles=["ORG_OWNER_VIEWER"])
    async with client_of(zitadel, credentials_of(robot)) as client:
        assert (await client.auth.GetMyUser(GetMyUserRequest())).user.id == robot.id
        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.id == zitadel.organization_id


async def test_a_service_user_has_exactly_the_roles_that_it_is_granted(zitadel: Emulator) -> None:
    manager = zitadel.add_service_user(roles=["ORG_OWNER", "IAM_OWNER_VIEWER"])
    nobody = zitadel.add_service_user()
    async with client_of(zitadel, PersonalAccessToken(manager.pat)) as client:
        found = await client.auth.ListMyMemberships(ListMyMembershipsRequest())
        assert {tuple(member.roles) for member in found.result} == {("ORG_OWNER",), ("IAM_OWNER_VIEWER",)}
    async with client_of(zitadel, PersonalAccessToken(nobody.pat)) as client:
        with pytest.raises(NotFound) as refused:
            await client.management.GetMyOrg(GetMyOrgRequest())
        assert refused.value.error_id == "AUTHZ-cdgFk"


async def test_a_user_can_be_manager_of_one_project(zitadel: Emulator) -> None:
    robot = zitadel.add_service_user()
    own, other = zitadel.add_project("Own"), zitadel.add_project("Other")
    zitadel.add_manager_roles(robot.id, ["PROJECT_OWNER"], project_id=own)
    async with client_of(zitadel, PersonalAccessToken(robot.pat)) as client:
        await client.management.ListProjectRoles(ListProjectRolesRequest(project_id=own))
        with pytest.raises(PermissionDenied):
            await client.management.ListProjectRoles(ListProjectRolesRequest(project_id=other))


async def test_users_are_added_to_the_given_organization(zitadel: Emulator) -> None:
    acme = zitadel.add_organization("Acme")
    owner = zitadel.add_service_user(roles=["ORG_OWNER"], organization_id=acme)
    ann = zitadel.add_human("ann@acme.example", first_name="Ann", organization_id=acme)
    async with client_of(zitadel, PersonalAccessToken(owner.pat)) as client:
        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.name == "Acme"
        users = await client.management.ListUsers(ListUsersRequest())
        assert {user.id for user in users.result} == {owner.id, ann}
        human = (await client.management.GetUserByID(GetUserByIDRequest(id=ann))).user.human
        assert (human.profile.first_name, human.email.is_email_verified) == ("Ann", True)


async def test_roles_of_a_project_are_granted_to_users_and_organizations(zitadel: Emulator) -> None:
    acme, project = zitadel.add_organization("Acme"), zitadel.add_project("Shop", roles=["reader", "writer"])
    ours, theirs = zitadel.add_service_user(), zitadel.add_service_user(organization_id=acme)
    zitadel.add_user_grant(ours.id, project, ["writer"])
    by_grant = zitadel.add_project_grant(project, acme, ["reader"])
    zitadel.add_user_grant(theirs.id, project, ["reader"], project_grant_id=by_grant)
    for user, role, organization_id in ((ours, "writer", zitadel.organization_id), (theirs, "reader", acme)):
        async with client_of(zitadel, PersonalAccessToken(user.pat)) as client:
            (grant,) = (await client.auth.ListMyUserGrants(ListMyUserGrantsRequest())).result
            assert (list(grant.role_keys), grant.org_id) == ([role], organization_id)
    async with client_of(zitadel, PersonalAccessToken(zitadel.pat)) as client:
        in_acme = client.with_org(acme)
        granted = await in_acme.management.ListGrantedProjects(ListGrantedProjectsRequest())
        assert [list(project.granted_role_keys) for project in granted.result] == [["reader"]]
        grants = await in_acme.management.ListUserGrants(ListUserGrantRequest())
        assert [grant.user_id for grant in grants.result] == [theirs.id]


async def test_tokens_are_opaque_or_jwts_as_requested(zitadel: Emulator) -> None:
    kinds: list[bool] = []
    for wanted in (False, True):
        robot = zitadel.add_service_user(jwt_access_tokens=wanted)
        async with client_of(zitadel, JwtProfile.from_dict(robot.key_file)) as client:
            token = await client.access_token()
        kinds.append(token.count(".") == 2 and jwt.get_unverified_header(token)["typ"] == "JWT")
    assert kinds == [False, True]


async def test_an_api_application_introspects_with_its_secret_or_its_key(own_peer: Peer) -> None:
    zitadel = own_peer.zitadel
    project = zitadel.add_project("Shop")
    by_secret = zitadel.add_api_application(project)
    by_key = zitadel.add_api_application(project, "other", private_key_jwt=True)
    assert by_secret.client_secret
    assert by_key.key_file
    by_assertion = ApplicationKey.from_dict(by_key.key_file).authenticate(zitadel.issuer).form
    assert by_assertion
    proofs = ({"client_id": by_secret.client_id, "client_secret": by_secret.client_secret}, by_assertion)
    for proof in proofs:
        response = await own_peer.post("/oauth/v2/introspect", {"token": zitadel.pat, **proof})
        assert response.json()["active"] is True


def test_errors_name_what_cannot_be_added(zitadel: Emulator) -> None:
    robot = zitadel.add_service_user("robot")
    project = zitadel.add_project("Shop", roles=["reader"])
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: zitadel.add_service_user("robot"), "cannot add service user 'robot': User already exists"),
        (lambda: zitadel.add_service_user("x" * 201), "value length must be between 1 and 200 runes"),
        (lambda: zitadel.add_service_user(organization_id="1"), "organization 1 does not exist"),
        (
            lambda: zitadel.add_service_user(roles=["ORG_KING"]),
            "'ORG_KING' is not a Manager role; must be one of IAM_",
        ),
        (
            lambda: zitadel.add_service_user(roles=["PROJECT_OWNER"]),
            "pass project_id to add_manager_roles",
        ),
        (
            lambda: zitadel.add_service_user(roles="ORG_OWNER"),
            r"must be a list, not a str: pass \['ORG_OWNER'\]",
        ),
        (lambda: zitadel.add_project("New", roles="reader"), r"must be a list, not a str: pass \['reader'\]"),
        (lambda: zitadel.add_human("ann"), "human 'ann': .*value must be a valid email address"),
        (lambda: zitadel.add_organization("ZITADEL"), "name or id already taken"),
        (lambda: zitadel.add_project("Shop"), "project 'Shop': .*already exists"),
        (lambda: zitadel.add_project("New", roles=["a", "a"]), "role 'a' of project 'New': .*already exists"),
        (lambda: zitadel.add_user_grant(robot.id, project, ["writer"]), "Role.NotFound"),
        (lambda: zitadel.add_user_grant(robot.id, "1", ["reader"]), "Project not found"),
        (lambda: zitadel.add_api_application("1"), "application 'api': .*Project not found"),
    ]
    for add, text in refused:
        with pytest.raises(SeedError, match=text):
            add()


async def test_several_threads_can_add_data_concurrently(zitadel: Emulator) -> None:
    added = await asyncio.gather(*(asyncio.to_thread(zitadel.add_service_user) for _ in range(4)))
    assert len({user.user_name for user in added}) == 4
    async with client_of(zitadel, JwtProfile.from_dict(added[0].key_file)) as client:
        assert (await client.auth.GetMyUser(GetMyUserRequest())).user.id == added[0].id


async def test_data_can_be_added_in_the_emulators_event_loop() -> None:
    async with Emulator() as zitadel:
        robot = zitadel.add_service_user()
        async with client_of(zitadel, PersonalAccessToken(robot.pat)) as client:
            assert (await client.auth.GetMyUser(GetMyUserRequest())).user.id == robot.id


async def test_a_reset_removes_added_data(zitadel: Emulator) -> None:
    robot = zitadel.add_service_user("robot", roles=["ORG_OWNER"])
    zitadel.reset()
    async with client_of(zitadel, PersonalAccessToken(robot.pat)) as client:
        with pytest.raises(Unauthenticated):
            await client.auth.GetMyUser(GetMyUserRequest())
    zitadel.add_service_user("robot")


def test_no_repr_contains_a_secret(zitadel: Emulator) -> None:
    robot = zitadel.add_service_user()
    application = zitadel.add_api_application(zitadel.add_project("Shop"))
    shown = repr((robot, application))
    assert application.client_secret
    for secret in (robot.pat, robot.client_secret, "PRIVATE", application.client_secret):
        assert secret not in shown
