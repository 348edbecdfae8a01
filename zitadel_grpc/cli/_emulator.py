"""`zitadel-grpc emulator`: runs the emulator as a process."""

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
from zitadel_grpc.cli._files import locked, make_directory, write_atomically
from zitadel_grpc.cli._stderr_log import StderrHandler

if TYPE_CHECKING:
    from zitadel_grpc.testing import Emulator, SeedResult

_DESCRIPTION = """\
Runs a ZITADEL in memory for tests and demos. It listens on the loopback interface only.
It prints its URL on the first line of stdout when it is ready and logs each call to stderr.
It stops on SIGTERM or Ctrl-C.

Files in DIR:
  ca.pem                          the CA certificate to trust
  key.json, pat.txt               key file and personal access token of a service user, an IAM_OWNER
  system-key.pem                  private key of the System API user "system-user"
  users/NAME.key.json             key file, personal access token and client secret of each
  users/NAME.pat.txt              service user in the seed file
  users/NAME.secret.txt
  applications/PROJECT.NAME.json  key file or client secret of each API application in the seed file

A seed file is YAML:

  organizations:
    - name: ZITADEL                   # always exists; others are added
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
        help="run a ZITADEL in memory for tests and demos",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--dir", type=_directory, required=True, metavar="DIR", help="directory for keys and CA certificate"
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="port to listen on (default: a free one)"
    )
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="YAML file with organizations, users and projects to add"
    )
    parser.add_argument(
        "--token-lifetime",
        type=_seconds,
        default=43200,
        metavar="SECONDS",
        help="lifetime of access tokens (default: 43200)",
    )
    parser.add_argument("--quiet", action="store_true", help="do not log calls")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        from zitadel_grpc.testing import Emulator
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None
    emulator = Emulator(port=options.port, token_lifetime=options.token_lifetime)
    if sys.stderr:
        _log_to_stderr(calls=not options.quiet)
    try:
        asyncio.run(_serve(emulator, options.dir, options.seed))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CommandError(
            f"cannot listen on port {options.port}: {error.strerror}; choose another --port"
        ) from None
    return 0


async def _serve(emulator: Emulator, directory: Path, seed: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with emulator:
        # Nothing is awaited from here until the seed file is added, so no request is handled before that.
        added = _seed(emulator, seed) if seed else None
        make_directory(directory)
        with locked(directory):
            write_atomically(directory / "ca.pem", emulator.root_certificates, mode=0o644)
            write_atomically(directory / "key.json", _json(emulator.key_file))
            write_atomically(directory / "pat.txt", f"{emulator.pat}\n".encode())
            write_atomically(directory / "system-key.pem", emulator.system_key.encode())
            if added:
                _write_credentials(added, directory)
            print(emulator.url, flush=True)
            await stop.wait()


def _write_credentials(added: SeedResult, directory: Path) -> None:
    for part in ("users", "applications"):
        make_directory(directory / part)
    for user in added.service_users.values():
        path = directory / "users" / quote(user.user_name, safe="@")
        write_atomically(path.with_name(f"{path.name}.key.json"), _json(user.key_file))
        write_atomically(path.with_name(f"{path.name}.pat.txt"), f"{user.pat}\n".encode())
        write_atomically(path.with_name(f"{path.name}.secret.txt"), f"{user.client_secret}\n".encode())
    for name, application in added.api_applications.items():
        secret = {"clientId": application.client_id, "clientSecret": application.client_secret or ""}
        path = directory / "applications" / f"{quote(name.replace('/', '.'), safe='')}.json"
        write_atomically(path, _json(application.key_file or secret))


def _seed(emulator: Emulator, seed: Path) -> SeedResult:
    from zitadel_grpc.testing import SeedError

    try:
        return emulator.seed(seed)
    except (SeedError, ModuleNotFoundError) as error:
        raise CommandError(str(error)) from None


def _log_to_stderr(*, calls: bool) -> None:
    from zitadel_grpc.testing import _call_log

    logging.getLogger().addHandler(StderrHandler())
    if calls:
        _call_log.LOGGER.setLevel(logging.INFO)


def _json(content: Mapping[str, str]) -> bytes:
    return json.dumps(content, indent=2).encode()


def _directory(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("must be the name of a directory, not an empty string")
    return Path(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds greater than 0, not {text!r}")
    return seconds


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be 1 to 65535, or 0 for a free port, not {text!r}")
