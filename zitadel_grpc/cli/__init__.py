"""The command `zitadel-grpc`. Each subcommand is a module and imports what it needs when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from zitadel_grpc._version import __version__
from zitadel_grpc.cli import _emulator
from zitadel_grpc.cli._errors import CommandError

__all__ = ["main"]

_COMMANDS = (_emulator,)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line (`sys.argv` by default) and returns the exit status.

    Raises:
        SystemExit: With status 2 for usage errors, and with status 0 after `--help` and `--version`.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except CommandError as error:
        print(f"zitadel-grpc: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zitadel-grpc", description="Tools for ZITADEL's gRPC APIs.")
    parser.add_argument("--version", action="version", version=f"zitadel-grpc {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return parser
