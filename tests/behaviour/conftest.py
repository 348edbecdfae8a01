"""The servers that the client is tested against.

By default two emulators: an unused one, and one like a real server, with other data and with writes that
become visible late. Or the server of ZITADEL_TEST_URL (see `tests.conformance.server`).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.behaviour.sandbox import Sandbox
from tests.conformance.server import Server, named_server, server_of
from zitadel_grpc.testing import Emulator
from zitadel_grpc.testing._state.resources import State

SERVERS = ["named server"] if "ZITADEL_TEST_URL" in os.environ else ["idle emulator", "busy emulator"]
LAG = 0.3  # seconds
OTHERS = 30


@pytest.fixture(scope="package", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if named := named_server():
        yield named
        return
    with Emulator() as emulator:
        if request.param == "busy emulator":
            fill(emulator)
            emulator.faults.projection_lag = LAG
        before = things(emulator)
        yield server_of(emulator)
        assert things(emulator) == before, "the tests did not remove everything that they added"


def fill(emulator: Emulator) -> None:
    """Adds data as other users of the server would."""
    for number in range(OTHERS):
        emulator.add_human(f"other-{number}@example.com")
        emulator.add_organization(f"Other {number}")
        emulator.add_project(f"Other {number}", roles=["reader"])


def things(emulator: Emulator) -> dict[str, set[str]]:
    store = emulator._zitadel.store
    present = {each.id for each in store.organizations.values() if each.state is not State.UNSPECIFIED}
    return {
        "organizations": present,
        "users": set(store.users),
        "projects": set(store.projects),
        "members": {member.user_id for member in store.members.values()},
        "user grants": set(store.user_grants),
    }


@pytest.fixture
async def sandbox(server: Server) -> AsyncIterator[Sandbox]:
    async with Sandbox(server) as sandbox:
        yield sandbox
