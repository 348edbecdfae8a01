"""Time and memory of imports, in fresh processes with compiled bytecode"""

from __future__ import annotations

from statistics import median

from benchmarks import optional
from benchmarks.fresh import Interpreter, interpreter
from benchmarks.rounds import spread, table

STATEMENTS = (
    "import grpc",
    "import grpc.aio",
    "import zitadel_grpc",
    "from zitadel_grpc.api.management.v1 import GetMyOrgRequest",
    "from zitadel_grpc import AsyncClient",
)
OFFICIAL_SDK = "import zitadel_client"

# Current resident memory: the peak would include that of the parent process.
_MEASURED = """
import json, time
def memory():
    try:
        with open("/proc/self/status") as status:
            return int(next(line.split()[1] for line in status if line.startswith("VmRSS"))) / 1024
    except OSError:  # not Linux
        return float("nan")
before, start = memory(), time.perf_counter()
{statement}
print(json.dumps([(time.perf_counter() - start) * 1000, memory() - before]))
"""


def run(*, quick: bool) -> None:
    statements: list[str] = list(STATEMENTS)
    try:
        optional.require("zitadel-client")
        statements.append(OFFICIAL_SDK)
    except optional.Missing as missing:
        print(missing)
    with interpreter() as python:
        _, path = python.run("-c", "import json, zitadel_grpc; print(json.dumps(zitadel_grpc.__file__))")
        print("Installed in site-packages:\n" if "site-packages" in path else "Installed editable:\n")
        figures = measured(python, statements, 3 if quick else 15)
    rows = []
    baseline = figures[STATEMENTS[0]]
    for statement, costs in figures.items():
        milliseconds, mebibytes = (median(values) for values in zip(*costs, strict=True))
        ratios = [mine / its for (mine, _), (its, _) in zip(costs, baseline, strict=True)]
        rows.append([f"`{statement}`", f"{milliseconds:.0f}", f"{mebibytes:.1f}", spread(ratios)])
    print(table(["", "ms", "MiB", "ms, ratio to the first: median (smallest-largest)"], rows), flush=True)


def measured(python: Interpreter, statements: list[str], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds and MiB of each statement, per round."""
    programs = {statement: _MEASURED.format(statement=statement) for statement in statements}
    figures: dict[str, list[tuple[float, float]]] = {statement: [] for statement in statements}
    for number in range(rounds + 1):
        for statement, program in programs.items():
            _, (milliseconds, mebibytes) = python.run("-c", program)
            if number:  # the first round compiles bytecode
                figures[statement].append((milliseconds, mebibytes))
    return figures
