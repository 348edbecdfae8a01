"""The life cycle of users in the v1 and v2 APIs."""

from __future__ import annotations

import pytest

from tests.behaviour.sandbox import Sandbox, new_name
from tests.behaviour.waiting import eventually, eventually_fails
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user import v1 as user_v1
from zitadel_grpc.api.user import v2 as user_v2
from zitadel_grpc.errors import AlreadyExists, InvalidArgument, NotFound


async def test_users_that_one_api_adds_are_visible_in_the_other(sandbox: Sandbox) -> None:
    client, name = sandbox.client, new_name("human")
    org_id = (await client.management.GetMyOrg(management.GetMyOrgRequest())).org.id
    created = await client.user_v2.CreateUser(
        user_v2.CreateUserRequest(
            organization_id=org_id,
            username=name,
            human=user_v2.CreateUserRequest.Human(
                profile=user_v2.SetHumanProfile(given_name="Ann", family_name="Lee"),
                email=user_v2.SetHumanEmail(email=f"{name}@example.com", is_verified=True),
            ),
        )
    )
    try:
        by_id = management.GetUserByIDRequest(id=created.id)
        by_v1 = await eventually(lambda: client.management.GetUserByID(by_id))
        assert (by_v1.user.user_name, by_v1.user.human.profile.first_name) == (name, "Ann")
        assert by_v1.user.details.resource_owner == org_id
    finally:
        await client.management.RemoveUser(management.RemoveUserRequest(id=created.id))
    by_id_v2 = user_v2.GetUserByIDRequest(user_id=created.id)
    await eventually_fails(lambda: client.user_v2.GetUserByID(by_id_v2), NotFound)


async def test_a_change_is_visible_in_reads_and_lists(sandbox: Sandbox) -> None:
    robot, api = await sandbox.add_robot(), sandbox.client.management
    new = management.UpdateMachineRequest(user_id=robot.id, name="Renamed", description="now")
    await api.UpdateMachine(new)
    read = await eventually(
        lambda: api.GetUserByID(management.GetUserByIDRequest(id=robot.id)),
        lambda found: found.user.machine.name == "Renamed",
    )
    assert read.user.machine.description == "now"
    named = user_v1.SearchQuery(user_name_query=user_v1.UserNameQuery(user_name=robot.name))
    listed = await eventually(
        lambda: api.ListUsers(management.ListUsersRequest(queries=[named])),
        lambda found: [user.machine.name for user in found.result] == ["Renamed"],
    )
    assert listed.details.total_result == 1


async def test_a_state_change_can_be_undone(sandbox: Sandbox) -> None:
    robot, api = await sandbox.add_robot(), sandbox.client.management
    states = user_v1.UserState

    async def state() -> user_v1.UserState.ValueType:
        return (await api.GetUserByID(management.GetUserByIDRequest(id=robot.id))).user.state

    await api.DeactivateUser(management.DeactivateUserRequest(id=robot.id))
    assert await eventually(state, lambda found: found == states.USER_STATE_INACTIVE)
    await api.ReactivateUser(management.ReactivateUserRequest(id=robot.id))
    assert await eventually(state, lambda found: found == states.USER_STATE_ACTIVE)


async def test_a_user_name_is_unique(sandbox: Sandbox) -> None:
    robot = await sandbox.add_robot()
    with pytest.raises(AlreadyExists) as refused:
        await sandbox.client.management.AddMachineUser(
            management.AddMachineUserRequest(user_name=robot.name, name="again")
        )
    assert refused.value.error_id == "V3-DKcYh"


async def test_a_removed_user_is_not_found_and_cannot_be_removed_again(sandbox: Sandbox) -> None:
    robot, api = await sandbox.add_robot(), sandbox.client.management
    await api.RemoveUser(management.RemoveUserRequest(id=robot.id))
    by_id = management.GetUserByIDRequest(id=robot.id)
    error = await eventually_fails(lambda: api.GetUserByID(by_id), NotFound)
    assert error.error_id == "QUERY-Dfbg2"
    with pytest.raises(NotFound) as refused:
        await api.RemoveUser(management.RemoveUserRequest(id=robot.id))
    assert refused.value.error_id == "COMMAND-m9od"


async def test_metadata_is_stored_byte_for_byte(sandbox: Sandbox) -> None:
    robot, api = await sandbox.add_robot(), sandbox.client.management
    request = management.GetUserMetadataRequest(id=robot.id, key="bytes")
    for value in (bytes(range(256)), b"changed"):
        await api.SetUserMetadata(management.SetUserMetadataRequest(id=robot.id, key="bytes", value=value))
        await eventually(
            lambda: api.GetUserMetadata(request),
            lambda found, value=value: found.metadata.value == value,  # type: ignore[misc]
        )
    await api.RemoveUserMetadata(management.RemoveUserMetadataRequest(id=robot.id, key="bytes"))
    empty = management.ListUserMetadataRequest(id=robot.id)
    await eventually(lambda: api.ListUserMetadata(empty), lambda found: not found.result)


async def test_an_invalid_request_is_refused_with_the_servers_message(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await sandbox.client.management.GetUserByID(management.GetUserByIDRequest())
    assert refused.value.details() == (
        "invalid GetUserByIDRequest.Id: value length must be between 1 and 200 runes, inclusive"
    )
