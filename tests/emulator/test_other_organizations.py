"""The Management API acts in one organization and does not see resources of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user.v1 import UserGrantOrgNameQuery, UserGrantQuery

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tests.emulator.conftest import Peer


@pytest.fixture
async def ids(own_peer: Peer) -> dict[str, str]:
    """The ids of the first organization's resources; `elsewhere` is another organization."""
    zitadel = own_peer.zitadel
    robot = zitadel.add_service_user("robot")
    project = zitadel.add_project("shop", roles=["reader", "writer"])
    zitadel.add_manager_roles(robot.id, ["PROJECT_OWNER"], project_id=project)
    grant = zitadel.add_user_grant(robot.id, project, ["reader"])
    elsewhere, third = zitadel.add_organization("Elsewhere"), zitadel.add_organization("Third")
    await own_peer.manage(management.SetUserMetadataRequest(id=robot.id, key="team", value=b"black"))
    tokens = await own_peer.manage(management.ListPersonalAccessTokensRequest(user_id=robot.id))
    return {
        "user_id": robot.id,
        "key_id": robot.key_file["keyId"],
        "token_id": tokens.response.result[0].id,
        "project_id": project,
        "grant_id": grant,
        "project_grant_id": zitadel.add_project_grant(project, third, ["reader"]),
        "elsewhere": elsewhere,
    }


REFUSED = [
    ("GetUserByID", {"id": "user_id"}, "QUERY-Dfbg2"),
    ("UpdateMachine", {"user_id": "user_id", "name": "=x"}, "COMMAND-5M0od"),
    ("UpdateUserName", {"user_id": "user_id", "user_name": "=x"}, "COMMAND-5N9ds"),
    ("LockUser", {"id": "user_id"}, "COMMAND-5M9fs"),
    ("AddMachineKey", {"user_id": "user_id", "type": 1}, "COMMAND-bnipwm1"),
    ("GetMachineKeyByIDs", {"user_id": "user_id", "key_id": "key_id"}, "QUERY-Tha6f"),
    ("RemoveMachineKey", {"user_id": "user_id", "key_id": "key_id"}, "COMMAND-4m77G"),
    ("AddPersonalAccessToken", {"user_id": "user_id"}, "COMMAND-Dggw2"),
    ("GetPersonalAccessTokenByIDs", {"user_id": "user_id", "token_id": "token_id"}, "QUERY-fRunu"),
    ("RemovePersonalAccessToken", {"user_id": "user_id", "token_id": "token_id"}, "COMMAND-4m77G"),
    ("GenerateMachineSecret", {"user_id": "user_id"}, "COMMAND-x8910n"),
    ("RemoveMachineSecret", {"user_id": "user_id"}, "COMMAND-x7s802"),
    ("SetUserMetadata", {"id": "user_id", "key": "=k", "value": b"v"}, "COMMAND-uXHNj"),
    ("GetUserMetadata", {"id": "user_id", "key": "=team"}, "QUERY-Rgh32"),
    ("RemoveUserMetadata", {"id": "user_id", "key": "=team"}, "COMMAND-uXHNj"),
    ("GetProjectByID", {"id": "project_id"}, "QUERY-fk2fs"),
    ("AddProjectRole", {"project_id": "project_id", "role_key": "=k", "display_name": "=K"}, "COMMAND-EbFMN"),
    ("AddAPIApp", {"project_id": "project_id", "name": "=a"}, "COMMAND-EbFMN"),
    (
        "AddProjectMember",
        {"project_id": "project_id", "user_id": "user_id", "roles": ["PROJECT_OWNER"]},
        "COMMAND-EbFMN",
    ),
    (
        "UpdateProjectMember",
        {"project_id": "project_id", "user_id": "user_id", "roles": ["PROJECT_OWNER_VIEWER"]},
        "PROJECT-D8JxR",
    ),
    ("UpdateProjectGrant", {"project_id": "project_id", "grant_id": "project_grant_id"}, "PROJECT-D8JxR"),
    ("RemoveProjectGrant", {"project_id": "project_id", "grant_id": "project_grant_id"}, "PROJECT-D8JxR"),
    ("GetUserGrantByID", {"user_id": "user_id", "grant_id": "grant_id"}, "QUERY-wIPkA"),
    ("UpdateUserGrant", {"user_id": "user_id", "grant_id": "grant_id"}, "COMMAND-3M9sd"),
    ("DeactivateUserGrant", {"user_id": "user_id", "grant_id": "grant_id"}, "COMMAND-3M9sd"),
    ("RemoveUserGrant", {"user_id": "user_id", "grant_id": "grant_id"}, "COMMAND-1My0t"),
]
EMPTY = [
    ("ListMachineKeys", {"user_id": "user_id"}),
    ("ListPersonalAccessTokens", {"user_id": "user_id"}),
    ("ListUserMetadata", {"id": "user_id"}),
]


def build(rpc: str, fields: dict[str, object], ids: dict[str, str]) -> Message:
    """Strings are names in `ids`; those that begin with `=` are literal values."""
    values = {
        field: (value[1:] if value.startswith("=") else ids[value]) if isinstance(value, str) else value
        for field, value in fields.items()
    }
    request: Message = getattr(management, f"{rpc}Request")(**values)
    return request


@pytest.mark.parametrize(("rpc", "fields", "error_id"), REFUSED, ids=[rpc for rpc, _, _ in REFUSED])
async def test_it_is_refused_from_another_organization(
    own_peer: Peer, ids: dict[str, str], rpc: str, fields: dict[str, object], error_id: str
) -> None:
    there = (("x-zitadel-orgid", ids["elsewhere"]),)
    outcome = await own_peer.manage(build(rpc, fields, ids), metadata=there)
    assert (outcome.error_id, outcome.code.name) == (
        error_id,
        "FAILED_PRECONDITION" if error_id in PRECONDITIONS else "NOT_FOUND",
    )


PRECONDITIONS = (
    "COMMAND-bnipwm1",
    "COMMAND-Dggw2",
    "COMMAND-x8910n",
    "COMMAND-x7s802",
    "COMMAND-uXHNj",
    "COMMAND-EbFMN",
)


@pytest.mark.parametrize(("rpc", "fields"), EMPTY, ids=[rpc for rpc, _ in EMPTY])
async def test_it_is_not_listed_in_another_organization(
    own_peer: Peer, ids: dict[str, str], rpc: str, fields: dict[str, object]
) -> None:
    there = (("x-zitadel-orgid", ids["elsewhere"]),)
    here = await own_peer.manage(build(rpc, fields, ids))
    assert here.response.details.total_result == 1
    elsewhere = await own_peer.manage(build(rpc, fields, ids), metadata=there)
    assert (list(elsewhere.response.result), elsewhere.response.details.total_result) == ([], 0)


async def test_another_organization_cannot_remove_a_member_of_a_project(
    own_peer: Peer, ids: dict[str, str]
) -> None:
    request = management.RemoveProjectMemberRequest(project_id=ids["project_id"], user_id=ids["user_id"])
    await own_peer.manage(request, metadata=(("x-zitadel-orgid", ids["elsewhere"]),))
    members = management.ListProjectMembersRequest(project_id=ids["project_id"])
    assert len((await own_peer.manage(members)).response.result) == 1
    await own_peer.manage(request)
    assert not (await own_peer.manage(members)).response.result


async def test_a_user_name_is_unique_on_the_instance(own_peer: Peer, ids: dict[str, str]) -> None:
    there = (("x-zitadel-orgid", ids["elsewhere"]),)
    unique = management.IsUserUniqueRequest(user_name="robot", email="nobody@example.com")
    assert not (await own_peer.manage(unique, metadata=there)).response.is_unique
    taken = management.AddMachineUserRequest(user_name="robot", name="R")
    assert (await own_peer.manage(taken, metadata=there)).error_id == "V3-DKcYh"


async def test_user_grants_are_visible_in_the_organization_that_granted_them(
    own_peer: Peer, ids: dict[str, str]
) -> None:
    rpc, found = "zitadel.management.v1.ManagementService/ListUserGrants", []
    for name in ("ZITADEL", "Elsewhere"):
        query = UserGrantQuery(org_name_query=UserGrantOrgNameQuery(org_name=name))
        request = management.ListUserGrantRequest(queries=[query])
        pat, response_type = own_peer.zitadel.pat, management.ListUserGrantResponse
        outcome = await own_peer.call(rpc, request, response_type, token=pat)
        found.append([grant.id for grant in outcome.response.result])
    assert found == [[ids["grant_id"]], []]


async def test_memberships_of_the_instance_and_the_organization_are_listed(
    own_peer: Peer, ids: dict[str, str]
) -> None:
    zitadel, user_id = own_peer.zitadel, ids["user_id"]
    zitadel.add_manager_roles(user_id, ["ORG_OWNER"], organization_id=ids["elsewhere"])
    zitadel.add_manager_roles(user_id, ["IAM_OWNER_VIEWER"])
    request = management.ListUserMembershipsRequest(user_id=user_id)

    async def roles(*metadata: tuple[str, str]) -> list[list[str]]:
        outcome = await own_peer.manage(request, metadata=metadata)
        return [list(each.roles) for each in outcome.response.result]

    assert await roles() == [["IAM_OWNER_VIEWER"], ["PROJECT_OWNER"]]
    assert await roles(("x-zitadel-orgid", ids["elsewhere"])) == [["ORG_OWNER"], ["IAM_OWNER_VIEWER"]]


@pytest.mark.parametrize(
    ("project_grant_id", "error_id"), [(None, "COMMAND-3n77S"), ("project_grant_id", "COMMAND-4m9ff")]
)
async def test_the_owner_and_the_grantees_of_a_project_can_grant_its_roles(
    own_peer: Peer, ids: dict[str, str], project_grant_id: str | None, error_id: str
) -> None:
    request = management.AddUserGrantRequest(
        user_id=ids["user_id"],
        project_id=ids["project_id"],
        project_grant_id=ids[project_grant_id] if project_grant_id else "",
        role_keys=["reader"],
    )
    outcome = await own_peer.manage(request, metadata=(("x-zitadel-orgid", ids["elsewhere"]),))
    assert outcome.error_id == error_id


async def test_a_manager_of_one_project_grants_and_revokes_only_its_roles(
    own_peer: Peer, ids: dict[str, str]
) -> None:
    zitadel = own_peer.zitadel
    manager, own = zitadel.add_service_user(), zitadel.add_project("own")
    zitadel.add_manager_roles(manager.id, ["PROJECT_OWNER"], project_id=own)
    request = management.DeactivateUserGrantRequest(user_id=ids["user_id"], grant_id=ids["grant_id"])
    assert (await own_peer.manage(request, token=manager.pat)).error_id == "EVENT-Shu7e"
    zitadel.add_manager_roles(manager.id, ["PROJECT_OWNER"], project_id=ids["project_id"])
    assert (await own_peer.manage(request, token=manager.pat)).code.name == "OK"
