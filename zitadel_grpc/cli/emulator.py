"""`zitadel-grpc emulator`: the emulator as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zitadel_grpc.cli.errors import CommandError
from zitadel_grpc.cli.files import make_directory, write_whole

if TYPE_CHECKING:
    from zitadel_grpc.testing import Emulator

_DESCRIPTION = """\
Runs a ZITADEL in memory, on this machine's loopback only, for tests and demos.
Writes to DIR: ca.pem, the CA to trust; key.json and pat.txt of a service user that is IAM_OWNER;
system-key.pem of the System API's user "system-user". Prints its URL on the first line of stdout when it is
ready, and ends on SIGTERM or Ctrl-C.
"""


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "emulator",
        help="run a ZITADEL in memory, for tests and demos",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="where to write keys and CA")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="default: a free one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        from zitadel_grpc.testing import Emulator
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None
    make_directory(options.dir)
    try:
        asyncio.run(_serve(Emulator(port=options.port), options.dir))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CommandError(
            f"cannot listen on port {options.port}: {error.strerror}; give another --port"
        ) from None
    return 0


async def _serve(emulator: Emulator, directory: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with emulator:
        write_whole(directory / "ca.pem", emulator.root_certificates, mode=0o644)
        write_whole(directory / "key.json", json.dumps(emulator.key_file, indent=2).encode())
        write_whole(directory / "pat.txt", f"{emulator.pat}\n".encode())
        write_whole(directory / "system-key.pem", emulator.system_key.encode())
        print(emulator.url, flush=True)
        await stop.wait()


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give 1 to 65535, or 0 for a free one")
