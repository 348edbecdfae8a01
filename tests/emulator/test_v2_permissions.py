"""Permissions that the v2 services check themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grpc import StatusCode

from tests.emulator.v2_calls import add_machine, add_token, ask, other_organization, set_role
from zitadel_grpc.api.user import v2 as user

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer


async def test_users_without_a_role_see_only_themselves(own_peer: Peer) -> None:
    user_id, other_id = await add_machine(own_peer), await add_machine(own_peer, "other")
    token = await add_token(own_peer, user_id)
    listed = (await ask(own_peer, user.ListUsersRequest(), token=token)).response
    assert [found.user_id for found in listed.result] == [user_id]
    itself = await ask(own_peer, user.GetUserByIDRequest(user_id=user_id), token=token)
    assert itself.response.user.username == "robot"
    for request in (user.GetUserByIDRequest(user_id=other_id), user.DeleteUserRequest(user_id=other_id)):
        outcome = await ask(own_peer, request, token=token)
        assert (outcome.code, outcome.error_id) == (StatusCode.NOT_FOUND, "AUTHZ-cdgFk")


async def test_a_role_applies_in_its_organization(own_peer: Peer) -> None:
    manager_id, here = await add_machine(own_peer, "manager"), await add_machine(own_peer, "here")
    there = await add_machine(own_peer, "there", await other_organization(own_peer))
    token = await add_token(own_peer, manager_id)
    await set_role(own_peer, manager_id, "ORG_USER_MANAGER")
    assert (await ask(own_peer, user.LockUserRequest(user_id=here), token=token)).code is StatusCode.OK
    assert (await ask(own_peer, user.LockUserRequest(user_id=there), token=token)).error_id == "AUTHZ-cdgFk"


async def test_a_role_without_the_permission_is_refused(own_peer: Peer) -> None:
    viewer_id, other_id = await add_machine(own_peer, "viewer"), await add_machine(own_peer, "other")
    token = await add_token(own_peer, viewer_id)
    await set_role(own_peer, viewer_id, "ORG_OWNER_VIEWER")
    read = await ask(own_peer, user.GetUserByIDRequest(user_id=other_id), token=token)
    assert read.code is StatusCode.OK
    removed = await ask(own_peer, user.DeleteUserRequest(user_id=other_id), token=token)
    assert (removed.code, removed.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-AWfge")
