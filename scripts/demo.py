"""`make demo`: the quickstart against an emulator. However it ends, no process and no file is left."""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUICKSTART = Path(__file__).parents[1] / "examples" / "quickstart.py"
# Seconds.
READY_WITHIN = 30
QUICKSTART_WITHIN = 60
STOP_WITHIN = 10


class DemoError(Exception):
    """Ends the demo with one line."""


@contextmanager
def emulator(directory: Path) -> Iterator[str]:
    """A running emulator's URL; its key and CA are in `directory`."""
    command = [sys.executable, "-m", "zitadel_grpc.cli", "emulator", "--dir", str(directory)]
    # In a session of its own, as the quickstart: Ctrl-C is for the demo, which then ends both.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield first_line(process)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not cut this short
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(
        target=lambda read: lines.put(read()), args=(process.stdout.readline,), daemon=True
    ).start()
    try:
        line = lines.get(timeout=READY_WITHIN).strip()
    except queue.Empty:
        raise DemoError(f"the emulator was not ready within {READY_WITHIN} s") from None
    if not line:
        raise DemoError(
            f"the emulator ended before it was ready, with exit status {process.wait(STOP_WITHIN)}"
        )
    return line


def run_quickstart(url: str, directory: Path) -> None:
    settings = {
        "ZITADEL_API_URL": url,
        "ZITADEL_KEY_PATH": str(directory / "key.json"),
        "ZITADEL_SERVICE_USER_TOKEN": (directory / "pat.txt").read_text().strip(),
        "ZITADEL_CA_FILE": str(directory / "ca.pem"),
    }
    try:
        subprocess.run(
            [sys.executable, str(QUICKSTART)],
            env={**os.environ, **settings},
            timeout=QUICKSTART_WITHIN,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise DemoError(f"the quickstart failed, with exit status {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise DemoError(f"the quickstart took longer than {QUICKSTART_WITHIN} s") from None


def main() -> int:
    # As Ctrl-C: the blocks below are left, and clean up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="zitadel-grpc-demo-") as name:
            directory = Path(name)
            print("Starting the emulator, a ZITADEL in memory …", flush=True)
            with emulator(directory) as url:
                print(
                    f"It runs at {url}. Calling it with a key file, then with a personal access token:\n",
                    flush=True,
                )
                run_quickstart(url, directory)
    except KeyboardInterrupt:
        print("\nThe demo was stopped.", file=sys.stderr)
        return 130
    except DemoError as error:
        print(f"The demo failed: {error}.", file=sys.stderr)
        return 1
    print(
        "\nThe same with a ZITADEL of yours, and the JSON key of one of its service users:\n\n"
        "  ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\\n"
        "      .venv/bin/python examples/quickstart.py"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
