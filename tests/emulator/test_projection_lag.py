"""Lists, permissions and the token endpoint see writes late, as on a busy server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import ask
from zitadel_grpc.api.auth.v1 import ListMyMembershipsRequest
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user import v2 as user
from zitadel_grpc.testing import Emulator

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

FOR_EVER = 3600.0
A_MOMENT = 0.2
LOOKS = 500


@pytest.fixture
def zitadel(shared_zitadel: Emulator) -> Iterator[Emulator]:
    yield shared_zitadel
    shared_zitadel.reset()


async def seen(look: Callable[[], Awaitable[bool]]) -> bool:
    for _ in range(LOOKS):
        if await look():
            return True
        await asyncio.sleep(0.02)
    return False


async def user_names(peer: Peer) -> list[str]:
    return [found.user_name for found in (await peer.manage(management.ListUsersRequest())).response.result]


async def test_a_list_shows_a_write_after_the_lag_and_a_read_by_id_at_once(own_peer: Peer) -> None:
    own_peer.zitadel.faults.projection_lag = FOR_EVER
    before = await user_names(own_peer)
    user_id = await own_peer.add_machine()
    found = await own_peer.manage(management.GetUserByIDRequest(id=user_id))
    assert found.response.user.user_name == "robot"
    assert await user_names(own_peer) == before
    own_peer.zitadel.faults.projection_lag = A_MOMENT

    async def listed() -> bool:
        return "robot" in await user_names(own_peer)

    assert await seen(listed)


async def test_a_removal_by_the_v2_api_becomes_visible_after_the_lag(own_peer: Peer) -> None:
    robot = own_peer.zitadel.add_service_user()
    own_peer.zitadel.faults.projection_lag = FOR_EVER

    async def keys() -> int:
        filters = [user.KeysSearchFilter(user_id_filter={"id": robot.id})]  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        return len((await ask(own_peer, user.ListKeysRequest(filters=filters))).response.result)

    await ask(own_peer, user.RemoveKeyRequest(user_id=robot.id, key_id=robot.key_file["keyId"]))
    assert await keys() == 1
    own_peer.zitadel.faults.projection_lag = A_MOMENT

    async def is_removed() -> bool:
        return await keys() == 0

    assert await seen(is_removed)


async def test_changes_and_removals_become_visible_after_the_lag(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    own_peer.zitadel.faults.projection_lag = FOR_EVER
    await own_peer.manage(management.UpdateMachineRequest(user_id=user_id, name="Another"))
    (listed,) = [
        found
        for found in (await own_peer.manage(management.ListUsersRequest())).response.result
        if found.id == user_id
    ]
    assert listed.machine.name == "Robot"
    await own_peer.manage(management.RemoveUserRequest(id=user_id))
    assert "robot" in await user_names(own_peer)
    removed = await own_peer.manage(management.GetUserByIDRequest(id=user_id))
    assert removed.code is StatusCode.NOT_FOUND


async def test_each_write_has_its_own_delay(own_peer: Peer) -> None:
    own_peer.zitadel.faults.projection_lag = A_MOMENT
    names = [f"robot-{number}" for number in range(5)]
    for name in names:
        await own_peer.add_machine(name)
    shown: list[list[str]] = []

    async def all_listed() -> bool:
        shown.append([name for name in await user_names(own_peer) if name in names])
        return len(shown[-1]) == len(names)

    assert await seen(all_listed)
    assert shown == sorted(shown, key=len)
    assert all(list(names[: len(some)]) == sorted(some) for some in shown)


async def test_a_list_contains_the_time_of_its_view(own_peer: Peer) -> None:
    own_peer.zitadel.faults.projection_lag = FOR_EVER
    outcome = (await own_peer.manage(management.ListUsersRequest())).response
    assert outcome.details.view_timestamp.seconds == pytest.approx(time.time() - FOR_EVER, abs=60)


async def test_a_role_takes_effect_after_the_lag_in_v1_and_v2(own_peer: Peer) -> None:
    zitadel = own_peer.zitadel
    robot = zitadel.add_service_user()
    zitadel.faults.projection_lag = FOR_EVER
    given = management.AddOrgMemberRequest(user_id=robot.id, roles=["ORG_OWNER"])
    assert (await own_peer.manage(given)).code is StatusCode.OK
    request = management.GetMyOrgRequest()
    assert (await own_peer.manage(request, token=robot.pat)).error_id == "AUTHZ-cdgFk"
    rpc, other = "zitadel.user.v2.UserService/GetUserByID", zitadel.key_file["userId"]
    by_v2 = await own_peer.call(rpc, user.GetUserByIDRequest(user_id=other), token=robot.pat)
    assert by_v2.error_id == "AUTHZ-cdgFk"
    mine = await own_peer.call(
        "zitadel.auth.v1.AuthService/ListMyMemberships", ListMyMembershipsRequest(), token=robot.pat
    )
    assert mine.code is StatusCode.OK
    zitadel.faults.projection_lag = 0
    assert (await own_peer.manage(request, token=robot.pat)).code is StatusCode.OK


async def test_the_token_endpoint_accepts_a_new_secret_after_the_lag(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    own_peer.zitadel.faults.projection_lag = FOR_EVER
    secret = (await own_peer.manage(management.GenerateMachineSecretRequest(user_id=user_id))).response
    form = {
        "grant_type": "client_credentials",
        "client_id": secret.client_id,
        "client_secret": secret.client_secret,
        "scope": "openid urn:zitadel:iam:org:project:id:zitadel:aud",
    }
    first = await own_peer.post("/oauth/v2/token", form)
    assert first.json()["error_description"] == "Errors.User.Machine.Secret.NotExisting"
    own_peer.zitadel.faults.projection_lag = A_MOMENT

    async def accepted() -> bool:
        return (await own_peer.post("/oauth/v2/token", form)).status_code == 200

    assert await seen(accepted)


async def test_tokens_are_valid_at_once(own_peer: Peer) -> None:
    own_peer.zitadel.faults.projection_lag = FOR_EVER
    token = await own_peer.token()
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=token)).code is StatusCode.OK


async def test_earlier_data_is_visible_and_a_reset_ends_the_lag(own_peer: Peer) -> None:
    zitadel = own_peer.zitadel
    zitadel.add_service_user("early")
    zitadel.faults.projection_lag = FOR_EVER
    zitadel.add_service_user("late")
    names = await user_names(own_peer)
    assert ("early" in names, "late" in names) == (True, False)
    zitadel.reset()
    zitadel.faults.projection_lag = FOR_EVER
    assert "early" not in await user_names(own_peer)
    zitadel.faults.projection_lag = 0
    await own_peer.add_machine("after")
    assert "after" in await user_names(own_peer)
