"""Replays a scenario and reports how the response to each step differs from the recorded one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.comparison import differences, without_unrelated_data
from tests.conformance.peer import Peer
from tests.conformance.scenario import NotSaved, Step, fill_known, load
from tests.conformance.server import Server

_READS = ("Get", "List", "Is", "Search", "Healthz")


@dataclass(frozen=True)
class Result:
    step: Step
    differences: tuple[str, ...]

    @property
    def matches(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        name = f" ({self.step.name})" if self.step.name else ""
        return "\n    ".join((f"{self.step.label}{name}", *self.differences))


async def replay(scenario: Path, server: Server) -> list[Result]:
    """Replays all steps, also after one that differs. Without the System API user's key it skips that user's
    steps. It leaves a shared server as it was."""
    steps = [step for step in load(scenario) if server.system_key or step.request.get("as") != "system"]
    async with Peer.connected(server) as peer:
        try:
            return [await _replay_step(step, peer, server) for step in steps]
        finally:
            if not server.is_fresh:
                for step in load(scenario.with_suffix(".cleanup.jsonl")):
                    with contextlib.suppress(NotSaved):
                        await peer.ask(step)


async def _replay_step(step: Step, peer: Peer, server: Server) -> Result:
    await asyncio.sleep(min(step.pause, server.patience))
    deadline, pause = time.monotonic() + server.patience, 0.2
    while True:
        result, may_repeat = await _attempt(step, peer, server)
        if result.matches or not may_repeat or time.monotonic() >= deadline:
            return result
        await asyncio.sleep(pause)
        pause *= 1.5


async def _attempt(step: Step, peer: Peer, server: Server) -> tuple[Result, bool]:
    """Returns the result and whether to repeat the request, because a write may become visible later."""
    try:
        response = await peer.ask(step)
    except NotSaved as error:
        return Result(step, (f"could not be sent: {error}",)), False
    peer.variables |= step.saved(response)
    recorded = fill_known(step.response, peer.variables)
    if not server.is_fresh:
        recorded, response = without_unrelated_data(step.request, recorded, response)
    return Result(step, tuple(differences(recorded, response))), _may_repeat(step, response)


def _may_repeat(step: Step, response: dict[str, Any]) -> bool:
    if response.get("code") == "OK":
        return step.target.partition("/")[2].startswith(_READS)
    return response.get("code") != "UNIMPLEMENTED"
