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
    # As an exception, SIGTERM runs the same cleanup as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # Python sets no handler if the parent process ignores SIGINT (nohup, `&`, some CI agents).
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
        print("protos: interrupted; the existing stubs are unchanged or complete", file=sys.stderr)
        return 130


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "diff":
        text, breaking = report.diff(arguments.source)
        print(text)
        return int(breaking)
    if arguments.command == "ensure":
        print(build.ensure())
    elif arguments.out is not None:
        print(build.build_to(arguments.source, arguments.out))
    else:
        print(build.build(arguments.source))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.protos", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="generate the stubs, if they are not up to date")
    make.add_argument("source", nargs="?", help=f"{_SOURCE} (default: the pin)")
    make.add_argument(
        "--out",
        type=Path,
        help="write them to this directory, which must not exist, instead of zitadel_grpc/api",
    )
    commands.add_parser("ensure", help="generate the pin's stubs, unless there are usable stubs")
    diff = commands.add_parser(
        "diff", help="only show how a source differs from the pin; exits with 1 if it breaks clients"
    )
    diff.add_argument("source", help=_SOURCE)
    return parser


if __name__ == "__main__":
    sys.exit(main())
