"""`zitadel-grpc emulator`: the emulator as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import logging
import math
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from zitadel_grpc.cli._errors import CommandError
from zitadel_grpc.cli._files import make_directory, write_whole
from zitadel_grpc.cli._stderr_log import StderrHandler

if TYPE_CHECKING:
    from zitadel_grpc.testing import Emulator, SeedResult

_DESCRIPTION = """\
Runs a ZITADEL in memory, on this machine's loopback only, for tests and demos.
Writes to DIR: ca.pem, the CA to trust; key.json and pat.txt of a service user that is IAM_OWNER;
system-key.pem of the System API's user "system-user"; users/NAME.key.json, users/NAME.pat.txt and
users/NAME.secret.txt of each service user of the seed file, and applications/PROJECT.NAME.json of each of its
API applications. Prints its URL on the first line of stdout when it is ready, a line for each call on stderr,
and ends on SIGTERM or Ctrl-C.

A seed file is YAML:

  organizations:
    - name: ZITADEL                   # the one that is always there; others are made
      service_users:
        - user_name: reporter
          roles: [ORG_OWNER_VIEWER]   # Manager roles
      humans:
        - email: ann@example.com
      projects:
        - name: Shop
          roles: [reader, writer]
          user_grants: {reporter: [reader]}
          api_applications: [{name: shop-api}]
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
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="organizations, users, projects to start with"
    )
    parser.add_argument(
        "--token-lifetime", type=_seconds, default=43200, metavar="SECONDS", help="default: 43200, 12 hours"
    )
    parser.add_argument("--quiet", action="store_true", help="do not show the calls")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        from zitadel_grpc.testing import Emulator
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None
    emulator = Emulator(port=options.port, token_lifetime=options.token_lifetime)
    if not options.quiet and sys.stderr:
        _show_calls()
    try:
        asyncio.run(_serve(emulator, options.dir, options.seed))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CommandError(
            f"cannot listen on port {options.port}: {error.strerror}; give another --port"
        ) from None
    return 0


async def _serve(emulator: Emulator, directory: Path, seed: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with emulator:
        # Before anything is awaited, and so before the first request is read.
        added = _add(emulator, seed) if seed else None
        make_directory(directory)
        write_whole(directory / "ca.pem", emulator.root_certificates, mode=0o644)
        write_whole(directory / "key.json", _json(emulator.key_file))
        write_whole(directory / "pat.txt", f"{emulator.pat}\n".encode())
        write_whole(directory / "system-key.pem", emulator.system_key.encode())
        if added:
            _write_credentials(added, directory)
        print(emulator.url, flush=True)
        await stop.wait()


def _write_credentials(added: SeedResult, directory: Path) -> None:
    for part in ("users", "applications"):
        make_directory(directory / part)
    for user in added.service_users.values():
        path = directory / "users" / quote(user.user_name, safe="@")
        write_whole(path.with_name(f"{path.name}.key.json"), _json(user.key_file))
        write_whole(path.with_name(f"{path.name}.pat.txt"), f"{user.pat}\n".encode())
        write_whole(path.with_name(f"{path.name}.secret.txt"), f"{user.client_secret}\n".encode())
    for name, application in added.api_applications.items():
        secret = {"clientId": application.client_id, "clientSecret": application.client_secret or ""}
        path = directory / "applications" / f"{quote(name.replace('/', '.'), safe='')}.json"
        write_whole(path, _json(application.key_file or secret))


def _add(emulator: Emulator, seed: Path) -> SeedResult:
    from zitadel_grpc.testing import SeedError

    try:
        return emulator.seed(seed)
    except (SeedError, ModuleNotFoundError) as error:
        raise CommandError(str(error)) from None


def _show_calls() -> None:
    from zitadel_grpc.testing import _call_log

    _call_log.LOGGER.addHandler(StderrHandler())
    _call_log.LOGGER.setLevel(logging.INFO)
    _call_log.LOGGER.propagate = False


def _json(content: Mapping[str, str]) -> bytes:
    return json.dumps(content, indent=2).encode()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no lifetime: give seconds, more than 0")
    return seconds


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give 1 to 65535, or 0 for a free one")
