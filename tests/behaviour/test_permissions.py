"""Permissions, and the errors without them."""

from __future__ import annotations

import pytest

from tests.behaviour.sandbox import Sandbox
from tests.behaviour.waiting import eventually, eventually_fails
from zitadel_grpc.api.auth.v1 import GetMyUserRequest, ListMyZitadelPermissionsRequest
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user import v2 as user
from zitadel_grpc.credentials import AccessToken
from zitadel_grpc.errors import NotFound, PermissionDenied, Unauthenticated

GET_MY_ORG = management.GetMyOrgRequest()


async def test_a_user_without_roles_can_only_read_itself(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot()
    async with sandbox.connect(robot) as client:
        assert (await client.auth.GetMyUser(GetMyUserRequest())).user.user_name == robot.name
        assert (await client.user_v2.GetUserByID(user.GetUserByIDRequest(user_id=robot.id))).user.username
        with pytest.raises(NotFound) as refused:
            await client.management.GetMyOrg(GET_MY_ORG)
        assert refused.value.error_id == "AUTHZ-cdgFk"
        other = user.GetUserByIDRequest(user_id=sandbox.server.key_file["userId"])
        with pytest.raises(NotFound) as refused:
            await client.user_v2.GetUserByID(other)
        assert refused.value.error_id == "AUTHZ-cdgFk"


async def test_a_role_grants_its_permissions_and_no_others(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot("ORG_OWNER_VIEWER")
    async with sandbox.connect(robot) as client:
        await eventually(lambda: client.management.GetMyOrg(GET_MY_ORG))
        mine = await eventually(
            lambda: client.auth.ListMyZitadelPermissions(ListMyZitadelPermissionsRequest()),
            lambda found: "org.read" in found.result,
        )
        assert "user.write" not in mine.result
        with pytest.raises(PermissionDenied) as refused:
            await client.management.AddMachineUser(
                management.AddMachineUserRequest(user_name="never", name="never")
            )
    assert (refused.value.error_id, refused.value.permission) == ("AUTH-5mWD2", "user.write")


async def test_a_removed_role_grants_nothing(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot("ORG_OWNER")
    async with sandbox.connect(robot) as client:
        await eventually(lambda: client.management.GetMyOrg(GET_MY_ORG))
        await sandbox.client.management.RemoveOrgMember(management.RemoveOrgMemberRequest(user_id=robot.id))
        await eventually_fails(lambda: client.management.GetMyOrg(GET_MY_ORG), NotFound)


async def test_only_managers_of_an_organization_or_the_instance_can_read_it(sandbox: Sandbox) -> None:
    org_id = await sandbox.add_organization()
    ours, theirs = await sandbox.add_robot("ORG_OWNER"), await sandbox.add_robot("ORG_OWNER", org_id=org_id)
    there = sandbox.client.with_org(org_id)
    assert (await there.management.GetMyOrg(GET_MY_ORG)).org.id == org_id
    async with sandbox.connect(theirs) as client:
        found = await eventually(lambda: client.management.GetMyOrg(GET_MY_ORG))
        assert found.org.id == org_id
    async with sandbox.connect(ours) as client:
        await eventually(lambda: client.management.GetMyOrg(GET_MY_ORG))
        with pytest.raises(NotFound) as refused:
            await client.with_org(org_id).management.GetMyOrg(GET_MY_ORG)
        assert refused.value.error_id == "AUTHZ-cdgFk"


async def test_an_unknown_organization_is_reported(sandbox: Sandbox) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await sandbox.client.with_org("1").management.GetMyOrg(GET_MY_ORG)
    assert refused.value.error_id == "AUTH-Bs7Ds"


async def test_an_invalid_token_is_refused(sandbox: Sandbox) -> None:
    async with sandbox.connect(AccessToken("not-a-token")) as client:
        with pytest.raises(Unauthenticated) as refused:
            await client.management.GetMyOrg(GET_MY_ORG)
    assert refused.value.error_id == "AUTH-7fs1e"
    assert "not-a-token" not in str(refused.value)
