"""`python -m benchmarks [--quick] [NAME …]`: runs the benchmarks, all of them by default."""

import argparse
import importlib
import sys

from benchmarks.machine import describe
from benchmarks.optional import Missing

NAMES = ("imports", "calls", "throughput", "channels", "bulk", "refresh", "cold_start", "models")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: to try, not to quote")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"no benchmark is named {unknown[0]!r}: there are {', '.join(NAMES)}")
    print(describe())
    for name in options.names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n## {module.__doc__}\n", flush=True)
        try:
            module.run(quick=options.quick)
        except Missing as error:
            print(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
