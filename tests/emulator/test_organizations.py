"""Organizations, and where Manager roles apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from grpc import StatusCode

from zitadel_grpc.api.admin import v1 as admin
from zitadel_grpc.api.auth import v1 as auth
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.v1 import TextQueryMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from tests.emulator.conftest import Outcome, Peer

GET_MY_ORG = management.GetMyOrgRequest()
LIST_MY_PERMISSIONS = "zitadel.auth.v1.AuthService/ListMyZitadelPermissions"


async def administer(peer: Peer, request: Message) -> Outcome:
    name = request.DESCRIPTOR.name.removesuffix("Request")
    response_type: type[Message] = getattr(admin, f"{name}Response")
    return await peer.call(
        f"zitadel.admin.v1.AdminService/{name}", request, response_type, token=peer.zitadel.pat
    )


async def set_up(peer: Peer, name: str) -> Any:
    human = admin.SetUpOrgRequest.Human(
        user_name=f"owner of {name}",
        profile=admin.SetUpOrgRequest.Human.Profile(first_name="O", last_name="W"),
        email=admin.SetUpOrgRequest.Human.Email(email="owner@example.com", is_email_verified=True),
        password="Secr3t!pass",
    )
    return (await administer(peer, admin.SetUpOrgRequest(org={"name": name}, human=human))).response  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def of(organization_id: str) -> tuple[tuple[str, str]]:
    return (("x-zitadel-orgid", organization_id),)


async def robot_with(peer: Peer, roles: Sequence[str]) -> tuple[str, str]:
    """Returns id and PAT of a new service user with `roles` in the first organization."""
    user_id = await peer.add_machine()
    if roles:
        await peer.manage(management.AddOrgMemberRequest(user_id=user_id, roles=roles))
    pat = await peer.manage(management.AddPersonalAccessTokenRequest(user_id=user_id))
    return user_id, pat.response.token


async def test_an_organization_is_set_up_with_its_owner(own_peer: Peer) -> None:
    made = await set_up(own_peer, "Acme Corp")
    org = (await own_peer.manage(GET_MY_ORG, metadata=of(made.org_id))).response.org
    assert (org.name, org.primary_domain) == ("Acme Corp", "acme-corp.localhost")
    members = await own_peer.manage(management.ListOrgMembersRequest(), metadata=of(made.org_id))
    assert [(row.user_id, list(row.roles)) for row in members.response.result] == [
        (made.user_id, ["ORG_OWNER"])
    ]
    again = await administer(own_peer, admin.IsOrgUniqueRequest(name="Acme Corp", domain="x.example"))
    assert again.response.is_unique is False


async def test_a_role_on_the_instance_reaches_every_organization_and_one_on_an_organization_does_not(
    own_peer: Peer,
) -> None:
    made = await set_up(own_peer, "other")
    _, pat = await robot_with(own_peer, ["ORG_OWNER"])
    assert (await own_peer.manage(GET_MY_ORG, metadata=of(made.org_id))).code is StatusCode.OK
    refused = await own_peer.manage(GET_MY_ORG, token=pat, metadata=of(made.org_id))
    assert (refused.code, refused.error_id) == (StatusCode.NOT_FOUND, "AUTHZ-cdgFk")


async def test_users_are_visible_in_their_own_organization_only(own_peer: Peer) -> None:
    made = await set_up(own_peer, "other")
    boss = management.GetUserByIDRequest(id=made.user_id)
    assert (await own_peer.manage(boss)).error_id == "QUERY-Dfbg2"
    assert (await own_peer.manage(boss, metadata=of(made.org_id))).code is StatusCode.OK
    listed = await own_peer.manage(management.ListUsersRequest(), metadata=of(made.org_id))
    assert [user.id for user in listed.response.result] == [made.user_id]


@pytest.mark.parametrize(
    ("method", "name", "found"),
    [
        (TextQueryMethod.TEXT_QUERY_METHOD_EQUALS, "Beta", ["Beta"]),
        (TextQueryMethod.TEXT_QUERY_METHOD_EQUALS, "beta", []),
        (TextQueryMethod.TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE, "beta", ["Beta"]),
        (TextQueryMethod.TEXT_QUERY_METHOD_STARTS_WITH, "Be", ["Beta"]),
        (TextQueryMethod.TEXT_QUERY_METHOD_CONTAINS_IGNORE_CASE, "ET", ["Beta"]),
        (TextQueryMethod.TEXT_QUERY_METHOD_ENDS_WITH, "ta", ["Beta"]),
        (TextQueryMethod.TEXT_QUERY_METHOD_ENDS_WITH_IGNORE_CASE, "A", ["Beta", "Alpha"]),
    ],
)
async def test_names_are_searched_with_each_method(
    own_peer: Peer, method: TextQueryMethod.ValueType, name: str, found: list[str]
) -> None:
    for organization in ("Beta", "Alpha"):
        await own_peer.manage(management.AddOrgRequest(name=organization))
    request = admin.ListOrgsRequest()
    request.queries.add().name_query.name = name
    request.queries[0].name_query.method = method
    listed = (await administer(own_peer, request)).response
    assert [org.name for org in listed.result] == found
    assert listed.details.total_result == len(found)


async def test_the_creator_of_an_organization_owns_it(own_peer: Peer) -> None:
    added = (await own_peer.manage(management.AddOrgRequest(name="mine"))).response
    members = await own_peer.manage(management.ListOrgMembersRequest(), metadata=of(added.id))
    assert [row.user_id for row in members.response.result] == [own_peer.zitadel.key_file["userId"]]
    taken = await own_peer.manage(management.AddOrgRequest(name="mine"))
    assert (taken.code, taken.error_id) == (StatusCode.ALREADY_EXISTS, "V3-DKcYh")


async def test_removing_an_organization_removes_its_users(own_peer: Peer) -> None:
    made = await set_up(own_peer, "gone")
    assert (
        await own_peer.manage(management.RemoveOrgRequest(), metadata=of(made.org_id))
    ).code is StatusCode.OK
    name = management.GetUserByLoginNameGlobalRequest(login_name="owner of gone")
    assert (await own_peer.manage(name)).error_id == "QUERY-Dfbg2"
    listed = (await administer(own_peer, admin.ListOrgsRequest())).response
    assert [org.name for org in listed.result] == ["ZITADEL"]


async def test_permissions_are_those_of_all_roles_in_reach(own_peer: Peer) -> None:
    _, pat = await robot_with(own_peer, ["ORG_PROJECT_CREATOR"])

    async def permissions(organization_id: str | None = None) -> list[str]:
        outcome = await own_peer.call(
            LIST_MY_PERMISSIONS,
            response_type=auth.ListMyZitadelPermissionsResponse,
            token=pat,
            metadata=of(organization_id) if organization_id else (),
        )
        return list(outcome.response.result)

    assert await permissions() == ["user.global.read", "policy.read", "project.read", "project.create"]
    assert await permissions((await set_up(own_peer, "other")).org_id) == []


async def test_a_role_on_a_project_applies_to_that_project_only(own_peer: Peer) -> None:
    user_id, pat = await robot_with(own_peer, [])
    added = [await own_peer.manage(management.AddProjectRequest(name=name)) for name in ("one", "two")]
    ids = [outcome.response.id for outcome in added]
    member = management.AddProjectMemberRequest(project_id=ids[0], user_id=user_id, roles=["PROJECT_OWNER"])
    await own_peer.manage(member)
    rename = management.UpdateProjectRequest(id=ids[0], name="first")
    assert (await own_peer.manage(rename, token=pat)).code is StatusCode.OK
    other = management.UpdateProjectRequest(id=ids[1], name="second")
    assert (await own_peer.manage(other, token=pat)).code is StatusCode.PERMISSION_DENIED
    new = management.AddProjectRequest(name="three")
    assert (await own_peer.manage(new, token=pat)).error_id == "AUTH-5mWD2"
