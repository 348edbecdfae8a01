"""`make demo`: the quickstart against an emulator. However it ends, no process and no file is left."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

QUICKSTART = Path(__file__).parents[1] / "examples" / "quickstart.py"
# Seconds.
READY_WITHIN = 30
QUICKSTART_WITHIN = 60
STOP_WITHIN = 10


class DemoError(Exception):
    """Ends the demo with one line."""


@asynccontextmanager
async def process(
    *arguments: str, stdout: int | None = None, env: dict[str, str] | None = None
) -> AsyncIterator[Process]:
    """A process of this Python, which ends with the block."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=stdout,
        env=env,
        start_new_session=True,  # Ctrl-C is for the demo, which then ends it
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        try:
            await asyncio.wait_for(started.wait(), STOP_WITHIN)
        except (TimeoutError, asyncio.CancelledError):
            started.kill()
            await started.wait()


@asynccontextmanager
async def emulator(directory: Path) -> AsyncIterator[str]:
    """A running emulator's URL; its keys and its CA are in `directory`."""
    command = ("-m", "zitadel_grpc.cli", "emulator", "--quiet", "--dir", str(directory))
    async with process(*command, stdout=PIPE) as running:
        assert running.stdout
        try:
            line = await asyncio.wait_for(running.stdout.readline(), READY_WITHIN)
        except TimeoutError:
            raise DemoError(f"the emulator was not ready within {READY_WITHIN} s") from None
        if not line:
            status = await asyncio.wait_for(running.wait(), STOP_WITHIN)
            raise DemoError(f"the emulator ended before it was ready, with exit status {status}")
        yield line.decode().strip()


async def run_quickstart(url: str, directory: Path) -> None:
    settings = {
        "ZITADEL_API_URL": url,
        "ZITADEL_KEY_PATH": str(directory / "key.json"),
        "ZITADEL_SERVICE_USER_TOKEN": (directory / "pat.txt").read_text().strip(),
        "ZITADEL_CA_FILE": str(directory / "ca.pem"),
    }
    async with process(str(QUICKSTART), env={**os.environ, **settings}) as running:
        try:
            status = await asyncio.wait_for(running.wait(), QUICKSTART_WITHIN)
        except TimeoutError:
            raise DemoError(f"the quickstart took longer than {QUICKSTART_WITHIN} s") from None
    if status:
        raise DemoError(f"the quickstart ended with exit status {status}")


async def demo() -> None:
    this = asyncio.current_task()
    assert this
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    with tempfile.TemporaryDirectory(prefix="zitadel-grpc-demo-") as name:
        directory = Path(name)
        print("Starting the emulator, a ZITADEL in memory …", flush=True)
        async with emulator(directory) as url:
            print(f"It runs at {url}. Calling it with a key file, then with a personal access token:\n")
            sys.stdout.flush()
            await run_quickstart(url, directory)
    print(
        "\nThe same with a ZITADEL of yours, and the JSON key of one of its service users:\n\n"
        "  ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\\n"
        "      .venv/bin/python examples/quickstart.py"
    )


def main() -> int:
    try:
        asyncio.run(demo())
    except asyncio.CancelledError:
        print("\nThe demo was stopped.", file=sys.stderr)
        return 130
    except DemoError as error:
        print(f"The demo failed: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
