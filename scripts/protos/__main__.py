"""The command line of `make protos` and `make protos-diff`."""

import argparse
import signal
import sys
from pathlib import Path

from scripts.protos import build, report
from scripts.protos.errors import ProtosError

_SOURCE = "a release's proto directory, a .binpb image, or any input of `buf build`"


def main() -> int:
    arguments = _parser().parse_args()
    # As an exception it runs the cleaning that an interrupt by Ctrl-C runs too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # Where the parent ignores it (nohup, `&`, some CI agents) Python has put no handler.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _run(arguments)
    except ProtosError as error:
        print(f"protos: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"protos: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("protos: interrupted; the stubs that are there are whole", file=sys.stderr)
        return 130


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "diff":
        text, breaking = report.diff(arguments.source)
        print(text)
        return int(breaking)
    if arguments.command == "ensure":
        print(build.ensure())
    elif arguments.out is not None:
        print(build.build_aside(arguments.source, arguments.out))
    else:
        print(build.build(arguments.source))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.protos", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="make the stubs, if they are not up to date")
    make.add_argument("source", nargs="?", help=f"{_SOURCE} (default: the pin)")
    make.add_argument("--out", type=Path, help="write them to this new directory instead of zitadel_grpc/api")
    commands.add_parser("ensure", help="make the pin's stubs, unless there are some that can stay")
    diff = commands.add_parser(
        "diff", help="only tell what a source changes against the pin; 1 if it breaks clients"
    )
    diff.add_argument("source", help=_SOURCE)
    return parser


if __name__ == "__main__":
    sys.exit(main())
