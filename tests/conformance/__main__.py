"""Replays scenarios, each against a new emulator, or all against the server of ZITADEL_TEST_URL.

python -m tests.conformance [--all] [--drop-closed] [SCENARIO.jsonl …]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from tests.conformance.gaps import drop_closed
from tests.conformance.replay import replay
from tests.conformance.scenario import SCENARIOS
from tests.conformance.server import running

_SHOWN = 5


async def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("scenarios", nargs="*", type=Path, default=SCENARIOS, metavar="SCENARIO.jsonl")
    parser.add_argument(
        "--all", action="store_true", help=f"show all steps that differ, not {_SHOWN} of each"
    )
    parser.add_argument(
        "--drop-closed", action="store_true", help="remove steps that no longer differ from gaps.txt"
    )
    arguments = parser.parse_args()
    total = alike = 0
    for scenario in arguments.scenarios:
        async with running() as server:
            results = await replay(scenario, server)
        different = [result for result in results if not result.matches]
        for result in different[: None if arguments.all else _SHOWN]:
            print(result)
        print(f"{scenario.stem}: alike {len(results) - len(different)} of {len(results)}\n")
        total, alike = total + len(results), alike + len(results) - len(different)
        if arguments.drop_closed:
            drop_closed(scenario, results)
    print(f"alike {alike} of {total}")
    return int(alike < total)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
