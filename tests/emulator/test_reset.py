"""Resets to the state at the start or to a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.conformance.peer import Peer as ConformancePeer
from tests.conformance.scenario import SCENARIOS, load
from tests.conformance.server import server_of
from tests.emulator.v2_calls import GET_MY_USER, add_machine, add_token, ask, organization_of
from zitadel_grpc.api.user import v2 as user
from zitadel_grpc.testing import Emulator
from zitadel_grpc.testing._state import snapshots

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer


async def usernames(peer: Peer) -> set[str]:
    return {found.username for found in (await ask(peer, user.ListUsersRequest())).response.result}


async def test_a_reset_undoes_writes_and_keeps_the_credentials(own_peer: Peer) -> None:
    zitadel = own_peer.zitadel
    fresh, organization_id = await usernames(own_peer), await organization_of(own_peer)
    before = (zitadel.url, zitadel.pat, zitadel.key_file)
    first_id = zitadel.key_file["userId"]
    robot_id = await add_machine(own_peer)
    await ask(
        own_peer, user.UpdateUserRequest(user_id=first_id, machine=user.UpdateUserRequest.Machine(name="II"))
    )
    robot_token = await add_token(own_peer, robot_id)

    zitadel.reset()
    assert (zitadel.url, zitadel.pat, zitadel.key_file) == before
    assert (await usernames(own_peer), await organization_of(own_peer)) == (fresh, organization_id)
    first = (await ask(own_peer, user.GetUserByIDRequest(user_id=first_id))).response.user
    assert first.machine.name == "First service user"
    assert (await own_peer.call(GET_MY_USER, token=robot_token)).error_id == "AUTH-7fs1e"
    assert (await own_peer.request_token()).status_code == 200


async def test_a_reset_restores_removed_data_and_can_be_repeated(own_peer: Peer) -> None:
    fresh = await usernames(own_peer)
    for _ in range(2):
        for found in (await ask(own_peer, user.ListUsersRequest())).response.result:
            if found.user_id != own_peer.zitadel.key_file["userId"]:
                await ask(own_peer, user.DeleteUserRequest(user_id=found.user_id))
        assert len(await usernames(own_peer)) == 1
        own_peer.zitadel.reset()
        assert await usernames(own_peer) == fresh


async def test_a_reset_to_a_snapshot_keeps_its_data(own_peer: Peer) -> None:
    await add_machine(own_peer, "seeded")
    seeded = own_peer.zitadel.snapshot()
    for _ in range(2):
        await add_machine(own_peer, "stray")
        own_peer.zitadel.reset(seeded)
        assert "seeded" in await usernames(own_peer)
        assert "stray" not in await usernames(own_peer)
    own_peer.zitadel.reset()
    assert "seeded" not in await usernames(own_peer)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.stem)
async def test_every_change_is_counted_as_a_write(scenario: Path) -> None:
    """Projections and resets miss writes that are not counted."""
    async with Emulator() as zitadel:
        store = zitadel._zitadel.store
        async with ConformancePeer.connected(server_of(zitadel)) as peer:
            for step in load(scenario):
                before, sequence = snapshots.take(store), store.sequence
                outcome = await peer.ask(step)
                peer.variables |= step.saved(outcome)
                assert (snapshots.take(store) == before) or store.sequence > sequence, step.label
        zitadel.reset()
        again = snapshots.take(store)
        zitadel.reset()
        assert snapshots.take(store) == again


async def test_a_snapshot_without_writes_since_the_last_one_is_the_same(own_peer: Peer) -> None:
    zitadel = own_peer.zitadel
    first = zitadel.snapshot()
    await usernames(own_peer)
    assert zitadel.snapshot() is first
    await add_machine(own_peer)
    assert zitadel.snapshot() is not first
    zitadel.reset(first)
    assert zitadel.snapshot() is first


async def test_access_tokens_stay_valid_while_their_users_exist(own_peer: Peer) -> None:
    token = await own_peer.token()
    own_peer.zitadel.reset()
    assert (await own_peer.call(GET_MY_USER, token=token)).code is StatusCode.OK


async def test_a_reset_removes_faults_and_recorded_calls() -> None:
    async with Emulator(token_lifetime=600, clock_skew=5) as zitadel:
        zitadel.faults.latency = 60
        zitadel.faults.token_endpoint.down = True
        zitadel.faults.token_lifetime = 1
        zitadel.faults.clock_skew = 99
        zitadel.faults.fail_next(GET_MY_USER, StatusCode.UNAVAILABLE)
        zitadel.reset()
        faults = zitadel.faults
        assert (faults.latency, faults.token_lifetime, faults.clock_skew) == (0, 600, 5)
        assert not faults.token_endpoint.down
        assert faults._next_failure(GET_MY_USER) is None


async def test_a_reset_from_another_thread_removes_the_recorded_calls(peer: Peer) -> None:
    """The shared emulator runs in its own thread."""
    await peer.request_token()
    await organization_of(peer)
    assert peer.zitadel.calls
    peer.zitadel.reset()
    assert (peer.zitadel.calls, peer.zitadel.token_requests) == ([], 0)
