"""The emulator responds as a real ZITADEL did, request by request."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.conformance.gaps import known_gaps
from tests.conformance.replay import replay
from tests.conformance.scenario import SCENARIOS
from tests.conformance.server import running


@pytest.mark.timeout(600)  # writes on a real server become visible with a delay
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.stem)
async def test_every_response_matches_the_recorded_one(scenario: Path) -> None:
    async with running() as server:
        results = await replay(scenario, server)
    gaps = known_gaps(scenario) if server.is_fresh else set[str]()
    different = [result for result in results if not result.matches]
    alike = f"alike {len(results) - len(different)} of {len(results)}"
    unexpected = [str(result) for result in different if result.step.label not in gaps]
    assert not unexpected, "\n".join((alike, *unexpected))
    closed = gaps - {result.step.label for result in different}
    assert not closed, f"{alike}; remove from gaps.txt (python -m tests.conformance --drop-closed): {closed}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.stem)
async def test_a_replay_leaves_a_shared_server_unchanged(scenario: Path) -> None:
    async with running() as server:
        if not server.is_fresh:
            pytest.skip("the server is shared: the replay has already shown it")
        shared = dataclasses.replace(server, is_fresh=False)
        first = {result.step.label for result in await replay(scenario, shared) if not result.matches}
        again = [result for result in await replay(scenario, shared) if not result.matches]
    assert first <= known_gaps(scenario)
    assert not [str(result) for result in again if result.step.label not in first]
