"""Organizations in the v2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import add_machine, add_token, ann, ask, organization_of, set_role
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.object.v2 import ListQuery, TextQueryMethod
from zitadel_grpc.api.org import v2 as org
from zitadel_grpc.api.user import v2 as user

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

Admin = org.AddOrganizationRequest.Admin


async def add(peer: Peer, name: str, *admins: Admin) -> org.AddOrganizationResponse:
    response: org.AddOrganizationResponse = (
        await ask(peer, org.AddOrganizationRequest(name=name, admins=admins))
    ).response
    return response


async def listed(peer: Peer, *queries: org.SearchQuery) -> list[tuple[str, str]]:
    """Names and domains, by name."""
    request = org.ListOrganizationsRequest(
        query=ListQuery(asc=True),
        sorting_column=org.OrganizationFieldName.ORGANIZATION_FIELD_NAME_NAME,
        queries=queries,
    )
    return [(each.name, each.primary_domain) for each in (await ask(peer, request)).response.result]


async def test_an_organization_has_a_domain_derived_from_its_name(own_peer: Peer) -> None:
    await add(own_peer, "Acme, Inc.")
    assert await listed(own_peer) == [("Acme, Inc.", "acme-inc.localhost"), ("ZITADEL", "zitadel.localhost")]


async def test_names_are_unique(own_peer: Peer) -> None:
    outcome = await ask(own_peer, org.AddOrganizationRequest(name="ZITADEL"))
    assert (outcome.code, outcome.error_id) == (StatusCode.ALREADY_EXISTS, "V3-DKcYh")


async def test_admins_get_their_roles_and_new_ones_are_created(own_peer: Peer) -> None:
    robot_id = await add_machine(own_peer)
    token = await add_token(own_peer, robot_id)
    human = ann(username="ann")
    added = await add(
        own_peer, "Acme", Admin(user_id=robot_id), Admin(human=human, roles=["ORG_OWNER_VIEWER"])
    )
    (created,) = added.created_admins
    found = (await ask(own_peer, user.GetUserByIDRequest(user_id=created.user_id), token=token)).response
    assert (found.user.username, found.details.resource_owner) == ("ann", added.organization_id)


async def test_an_organization_is_added_with_all_its_admins_or_not_at_all(own_peer: Peer) -> None:
    admins = [Admin(human=ann(username="ann")), Admin(user_id="1")]
    refused = await ask(own_peer, org.AddOrganizationRequest(name="Acme", admins=admins))
    assert (refused.code, refused.error_id) == (StatusCode.FAILED_PRECONDITION, "ORG-GoXOn")
    assert [name for name, _ in await listed(own_peer)] == ["ZITADEL"]
    assert (await add(own_peer, "Acme", Admin(human=ann(username="ann")))).created_admins


async def test_organizations_are_found_by_name_domain_and_id(own_peer: Peer) -> None:
    acme_id = (await add(own_peer, "Acme")).organization_id
    await add(own_peer, "Apex")
    starts = TextQueryMethod.TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE
    by_name = org.SearchQuery(name_query=org.OrganizationNameQuery(name="a", method=starts))
    by_domain = org.SearchQuery(domain_query=org.OrganizationDomainQuery(domain="apex.localhost"))
    by_id = org.SearchQuery(id_query=org.OrganizationIDQuery(id=acme_id))
    inactive = org.OrganizationState.ORGANIZATION_STATE_INACTIVE
    by_state = org.SearchQuery(state_query=org.OrganizationStateQuery(state=inactive))
    default = org.SearchQuery(default_query=org.DefaultOrganizationQuery())
    for query, expected in (
        (default, ["ZITADEL"]),
        (by_name, ["Acme", "Apex"]),
        (by_domain, ["Apex"]),
        (by_id, ["Acme"]),
        (by_state, []),
    ):
        assert [name for name, _ in await listed(own_peer, query)] == expected


async def test_the_name_of_a_removed_organization_is_available_again(own_peer: Peer) -> None:
    organization_id = (await add(own_peer, "Acme")).organization_id
    removed = await own_peer.call(
        "zitadel.management.v1.ManagementService/RemoveOrg",
        management.RemoveOrgRequest(),
        token=own_peer.zitadel.pat,
        metadata=(("x-zitadel-orgid", organization_id),),
    )
    assert removed.code is StatusCode.OK
    assert (await add(own_peer, "Acme")).organization_id != organization_id


@pytest.mark.parametrize(("role", "visible"), [(None, 0), ("ORG_OWNER_VIEWER", 1)], ids=["none", "viewer"])
async def test_the_count_includes_organizations_that_the_caller_may_not_see(
    own_peer: Peer, role: str | None, visible: int
) -> None:
    await add(own_peer, "Acme")
    robot_id = await add_machine(own_peer)
    token = await add_token(own_peer, robot_id)
    if role:
        await set_role(own_peer, robot_id, role)
    outcome = (await ask(own_peer, org.ListOrganizationsRequest(), token=token)).response
    assert [each.id for each in outcome.result] == [await organization_of(own_peer)][:visible]
    assert outcome.details.total_result == 2


async def test_adding_an_organization_requires_a_role_on_the_instance(own_peer: Peer) -> None:
    robot_id = await add_machine(own_peer)
    token = await add_token(own_peer, robot_id)
    request = org.AddOrganizationRequest(name="Acme")
    assert (await ask(own_peer, request, token=token)).error_id == "AUTHZ-cdgFk"
    await set_role(own_peer, robot_id, "ORG_OWNER")
    denied = await ask(own_peer, request, token=token)
    assert (denied.code, denied.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-5mWD2")
