"""`make demo`: runs the quickstart against an emulator. It always stops its processes and removes its files.

    demo.py [EMULATOR QUICKSTART]

The arguments replace the emulator command and examples/quickstart.py; `make test-frozen` uses them.
"""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EMULATOR = (sys.executable, "-m", "zitadel_grpc.cli")
QUICKSTART = (sys.executable, str(Path(__file__).parents[1] / "examples" / "quickstart.py"))
# Seconds.
READY_WITHIN = 30
QUICKSTART_WITHIN = 60
STOP_WITHIN = 10


class DemoError(Exception):
    """Stops the demo. The message is printed in one line."""


@asynccontextmanager
async def process(
    *arguments: str, stdout: int | None = None, env: dict[str, str] | None = None
) -> AsyncIterator[Process]:
    """Runs a process until the block ends."""
    started = await asyncio.create_subprocess_exec(
        *arguments,
        stdout=stdout,
        env=env,
        start_new_session=True,  # Ctrl-C goes to the demo only, which then stops the process
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
async def emulator(program: tuple[str, ...], directory: Path) -> AsyncIterator[str]:
    """Runs the emulator and yields its URL. Its keys and its CA are in `directory`."""
    async with process(*program, "emulator", "--quiet", "--dir", str(directory), stdout=PIPE) as running:
        assert running.stdout
        try:
            line = await asyncio.wait_for(running.stdout.readline(), READY_WITHIN)
        except TimeoutError:
            raise DemoError(f"the emulator was not ready within {READY_WITHIN} s") from None
        if not line:
            status = await asyncio.wait_for(running.wait(), STOP_WITHIN)
            raise DemoError(f"the emulator exited before it was ready, with status {status}")
        yield line.decode().strip()


async def run_quickstart(program: tuple[str, ...], url: str, directory: Path) -> None:
    settings = {
        "ZITADEL_API_URL": url,
        "ZITADEL_KEY_PATH": str(directory / "key.json"),
        "ZITADEL_SERVICE_USER_TOKEN": (directory / "pat.txt").read_text().strip(),
        "ZITADEL_CA_FILE": str(directory / "ca.pem"),
    }
    async with process(*program, env={**os.environ, **settings}) as running:
        try:
            status = await asyncio.wait_for(running.wait(), QUICKSTART_WITHIN)
        except TimeoutError:
            raise DemoError(f"the quickstart took longer than {QUICKSTART_WITHIN} s") from None
    if status:
        raise DemoError(f"the quickstart exited with status {status}")


async def demo(emulator_program: tuple[str, ...], quickstart: tuple[str, ...]) -> None:
    this = asyncio.current_task()
    assert this
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    with tempfile.TemporaryDirectory(prefix="zitadel-grpc-demo-") as name:
        directory = Path(name)
        print("Starting the emulator (an in-memory ZITADEL) …", flush=True)
        async with emulator(emulator_program, directory) as url:
            print(f"It runs at {url}. Calling it with a key file, then with a personal access token:\n")
            sys.stdout.flush()
            await run_quickstart(quickstart, url, directory)
    print(
        "\nTo make the same calls to your own ZITADEL, pass the JSON key of a service user:\n\n"
        "  ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\\n"
        "      .venv/bin/python examples/quickstart.py"
    )


def main() -> int:
    try:
        given = [(path,) for path in sys.argv[1:]]
        asyncio.run(demo(*given) if given else demo(EMULATOR, QUICKSTART))
    except asyncio.CancelledError:
        print("\nThe demo was stopped.", file=sys.stderr)
        return 130
    except DemoError as error:
        print(f"The demo failed: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
