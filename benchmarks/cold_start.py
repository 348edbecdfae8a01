"""Process start to first response, with a key file and a PAT, compared with hand-written plain gRPC"""

from __future__ import annotations

import itertools
import json
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.fresh import interpreter
from benchmarks.processes import server
from benchmarks.rounds import Figures, interleave, ratios, spread, table

PROGRAMS = Path(__file__).parent / "programs"
STAGES = ("interpreter", "imports", "credentials", "first response")

OURS, BY_HAND = "with_zitadel_grpc.py", "by_hand.py"
VARIANTS: dict[str, tuple[str, dict[str, str]]] = {
    "key file: hand-written, jwt and httpx2": (BY_HAND, {"CREDENTIALS": "key", "HTTP": "httpx2"}),
    "key file: hand-written, jwt and urllib": (BY_HAND, {"CREDENTIALS": "key", "HTTP": "urllib"}),
    "key file: AsyncClient": (OURS, {"CREDENTIALS": "key"}),
    "PAT: hand-written": (BY_HAND, {"CREDENTIALS": "pat", "HTTP": ""}),
    "PAT: AsyncClient": (OURS, {"CREDENTIALS": "pat"}),
}
BASELINES = {"key file": "key file: hand-written, jwt and httpx2", "PAT": "PAT: hand-written"}


def run(*, quick: bool) -> None:
    stages: dict[str, list[list[float]]] = {name: [] for name in VARIANTS}
    with server("benchmarks.emulator", "3600") as zitadel, interpreter() as python:
        info = zitadel.info
        settings = {
            "URL": info["url"],
            "CA": info["ca"],
            "PAT": info["pat"],
            "KEY": json.dumps(info["key_file"]),
        }

        def milliseconds(name: str) -> float:
            program, variables = VARIANTS[name]
            spawned, moments = python.run(str(PROGRAMS / program), **settings, **variables)
            times: list[float] = [spawned, *moments]
            stages[name].append([(after - before) * 1000 for before, after in itertools.pairwise(times)])
            return sum(stages[name][-1])

        for name in VARIANTS:
            milliseconds(name)  # compiles bytecode
            stages[name].clear()
        measured = {name: partial(milliseconds, name) for name in VARIANTS}
        show(interleave(measured, 3 if quick else 25), stages)


def show(figures: Figures, stages: dict[str, list[list[float]]]) -> None:
    rows = []
    for name, values in figures.items():
        parts = [f"{median(column):.0f}" for column in zip(*stages[name], strict=True)]
        ratio = spread(ratios(figures, name, BASELINES[name.partition(":")[0]]))
        rows.append([name, f"{median(values):.0f}", ratio, *parts])
    header = [
        "",
        "ms",
        "ratio to hand-written: median (smallest-largest)",
        *(f"{stage}, ms" for stage in STAGES),
    ]
    print(table(header, rows), flush=True)
