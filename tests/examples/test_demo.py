"""The script behind `make demo`: its output, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "scripts" / "demo.py"
WITHIN = 30  # seconds


def _start(tmp_path: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(DEMO)],
        env={**os.environ, "TMPDIR": str(tmp_path), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _left_behind(tmp_path: Path) -> list[str]:
    """Files in `tmp_path`, and processes with a path in it among their arguments."""
    command = ["ps", "-eo", "args"]
    processes = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [
        *map(str, tmp_path.iterdir()),
        *(line for line in processes.splitlines() if str(tmp_path) in line),
    ]


def test_it_shows_calls_with_key_and_token_and_the_next_step(tmp_path: Path) -> None:
    with _start(tmp_path) as demo:
        out, errors = demo.communicate(timeout=WITHIN)
    assert (demo.returncode, errors) == (0, "")
    assert out.count("organization ZITADEL") == out.count("instance ZITADEL") == 2
    assert "JwtProfile" in out
    assert "PersonalAccessToken" in out
    assert "ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json" in out
    assert not _left_behind(tmp_path)


def test_it_leaves_nothing_behind_when_it_is_stopped(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with _start(tmp_path) as demo:
            assert demo.stdout
            assert demo.stdout.readline().startswith("Starting the emulator")
            demo.send_signal(number)
            _, errors = demo.communicate(timeout=WITHIN)
        assert demo.returncode == 130
        assert errors.strip() == "The demo was stopped."
        assert not _left_behind(tmp_path)


def test_an_emulator_that_does_not_start_is_reported_in_one_line(tmp_path: Path) -> None:
    modules, own = tmp_path / "modules", tmp_path / "tmp"
    modules.mkdir()
    own.mkdir()
    (modules / "trustme.py").write_text("raise ModuleNotFoundError(name='trustme')\n")
    with _start(own, PYTHONPATH=str(modules)) as demo:
        _, errors = demo.communicate(timeout=WITHIN)
    assert demo.returncode == 1
    needed, failed = errors.splitlines()
    assert needed.endswith("zitadel_grpc.testing requires trustme: pip install 'zitadel-grpc[testing]'")
    assert failed == "The demo failed: the emulator exited before it was ready, with status 1."
    assert not _left_behind(own)
