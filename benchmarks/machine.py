"""Describes the machine and the versions of a run."""

import importlib.metadata
import os
import platform
from pathlib import Path

_PACKAGES = (
    "zitadel-grpc",
    "grpcio",
    "protobuf",
    "httpx2",
    "pyjwt",
    "cryptography",
    "uvloop",
    "google-auth",
    "zitadel-client",
)


def describe() -> str:
    """Processor, load, Python and package versions."""
    lines = [
        f"{_processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start",
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()}",
        ", ".join(f"{name} {version}" for name in _PACKAGES if (version := _version(name))),
    ]
    return "\n".join(lines)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
