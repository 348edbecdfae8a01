"""Authorizations in the v2beta API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import (
    add_machine,
    add_project,
    add_token,
    ann,
    ask,
    organization_of,
    other_organization,
    set_role,
)
from zitadel_grpc.api.authorization import v2beta as authorization
from zitadel_grpc.api.filter.v2beta import IDFilter, TextFilterMethod
from zitadel_grpc.api.project import v2beta as project

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

Filter = authorization.AuthorizationsSearchFilter


async def grant(peer: Peer, user_id: str, project_id: str, *roles: str, organization_id: str = "") -> str:
    request = authorization.CreateAuthorizationRequest(
        user_id=user_id, project_id=project_id, role_keys=roles, organization_id=organization_id or None
    )
    authorization_id: str = (await ask(peer, request)).response.id
    return authorization_id


async def listed(peer: Peer, *filters: Filter, token: str | None = None) -> list[authorization.Authorization]:
    request = authorization.ListAuthorizationsRequest(filters=filters)
    return list((await ask(peer, request, token=token)).response.authorizations)


async def test_roles_are_granted_changed_and_revoked(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader", "writer")
    human_id = (await ask(own_peer, ann(username="ann"))).response.user_id
    authorization_id = await grant(own_peer, human_id, project_id, "reader")
    update = authorization.UpdateAuthorizationRequest(id=authorization_id, role_keys=["reader", "writer"])
    dates = [(await ask(own_peer, update)).response.change_date for _ in range(2)]
    assert dates[0] == dates[1]
    (found,) = await listed(own_peer)
    assert (found.project_name, list(found.roles)) == ("shop", ["reader", "writer"])
    assert (found.user.preferred_login_name, found.user.display_name) == ("ann", "Ann A")
    assert found.organization_id == await organization_of(own_peer)
    deletion = authorization.DeleteAuthorizationRequest(id=authorization_id)
    deletions = [(await ask(own_peer, deletion)).response.deletion_date for _ in range(2)]
    assert deletions[0] == deletions[1]
    assert await listed(own_peer) == []
    removed = await ask(own_peer, update)
    assert (removed.code, removed.error_id) == (StatusCode.NOT_FOUND, "COMMAND-3M9sd")


async def test_deactivating_twice_is_not_an_error(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader")
    authorization_id = await grant(own_peer, await add_machine(own_peer), project_id, "reader")
    for request, state in (
        (authorization.DeactivateAuthorizationRequest, authorization.State.STATE_INACTIVE),
        (authorization.ActivateAuthorizationRequest, authorization.State.STATE_ACTIVE),
    ):
        for _ in range(2):
            assert (await ask(own_peer, request(id=authorization_id))).code is StatusCode.OK
        (found,) = await listed(own_peer)
        assert found.state == state


@pytest.mark.parametrize(
    ("user_id", "project_id", "role", "error_id"),
    [
        ("1", None, "reader", "COMMAND-4f8sg"),
        (None, "1", "reader", "COMMAND-3n77S"),
        (None, None, "nope", "COMMAND-mm9F4"),
    ],
    ids=["nobody", "no project", "no role"],
)
async def test_grants_that_are_refused(
    own_peer: Peer, user_id: str | None, project_id: str | None, role: str, error_id: str
) -> None:
    request = authorization.CreateAuthorizationRequest(
        user_id=user_id or await add_machine(own_peer),
        project_id=project_id or await add_project(own_peer, "shop", "reader"),
        role_keys=[role],
    )
    outcome = await ask(own_peer, request)
    assert (outcome.code, outcome.error_id) == (StatusCode.FAILED_PRECONDITION, error_id)


async def test_another_organization_grants_the_roles_that_it_received(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader")
    elsewhere = await other_organization(own_peer)
    user_id = await add_machine(own_peer, "stray", elsewhere)
    request = authorization.CreateAuthorizationRequest(
        user_id=user_id, project_id=project_id, role_keys=["reader"], organization_id=elsewhere
    )
    refused = await ask(own_peer, request)
    assert (refused.code, refused.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-4m9ff")
    grant = project.CreateProjectGrantRequest(
        project_id=project_id, granted_organization_id=elsewhere, role_keys=["reader"]
    )
    await ask(own_peer, grant)
    assert (await ask(own_peer, request)).code is StatusCode.OK
    (found,) = await listed(own_peer)
    assert found.granted_organization_id == found.organization_id == elsewhere
    assert found.project_organization_id == await organization_of(own_peer)


async def test_authorizations_are_found_by_user_project_and_role(own_peer: Peer) -> None:
    shop = await add_project(own_peer, "shop", "reader", "writer")
    store = await add_project(own_peer, "store", "reader")
    one, two = await add_machine(own_peer, "robot-1"), await add_machine(own_peer, "robot-2")
    await grant(own_peer, one, shop, "reader")
    await grant(own_peer, one, store, "reader")
    await grant(own_peer, two, shop, "writer")

    async def found(*filters: Filter) -> set[tuple[str, str]]:
        return {
            (each.user.preferred_login_name, each.project_name) for each in await listed(own_peer, *filters)
        }

    method = TextFilterMethod.TEXT_FILTER_METHOD_ENDS_WITH
    named = authorization.UserPreferredLoginNameQuery(login_name="-2", method=method)
    in_shop = Filter(project_id=IDFilter(id=shop))
    assert await found(Filter(user_id=IDFilter(id=one))) == {("robot-1", "shop"), ("robot-1", "store")}
    assert await found(in_shop) == {("robot-1", "shop"), ("robot-2", "shop")}
    assert await found(in_shop, Filter(user_preferred_login_name=named)) == {("robot-2", "shop")}
    by_role = Filter(role_key=authorization.RoleKeyQuery(key="writer"))
    assert await found(by_role) == {("robot-2", "shop")}


async def test_users_see_their_own_authorizations_and_managers_see_all(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader")
    one, two = await add_machine(own_peer, "robot-1"), await add_machine(own_peer, "robot-2")
    own_id = await grant(own_peer, one, project_id, "reader")
    await grant(own_peer, two, project_id, "reader")
    token = await add_token(own_peer, one)
    assert [each.id for each in await listed(own_peer, token=token)] == [own_id]
    deletion = authorization.DeleteAuthorizationRequest(id=own_id)
    assert (await ask(own_peer, deletion, token=token)).error_id == "AUTHZ-cdgFk"
    await set_role(own_peer, one, "ORG_USER_MANAGER")
    assert len(await listed(own_peer, token=token)) == 2
    assert (await ask(own_peer, deletion, token=token)).code is StatusCode.OK
