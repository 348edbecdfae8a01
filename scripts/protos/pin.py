"""The pin: fetches the npm package that protos/package-lock.json names and exports its descriptors.

The exported image has the comments too.
"""

import json
import shutil
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import tools, typescript, workspace
from scripts.protos.descriptors import parse_image, read_image
from scripts.protos.errors import ProtosError
from scripts.protos.workspace import EXPORTER, LOCK_FILE, PIN_FILES, WORKSPACE

PACKAGE = "@zitadel/proto"
_UNREACHABLE = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "ERR_SOCKET_TIMEOUT",
)


def locked_package() -> tuple[str, str]:
    """The version and the integrity hash in the lock file."""
    try:
        package = json.loads(LOCK_FILE.read_text(encoding="utf-8"))["packages"][f"node_modules/{PACKAGE}"]
        return package["version"], package["integrity"]
    except (OSError, ValueError, KeyError) as error:
        raise ProtosError(
            f"protos/package-lock.json does not pin {PACKAGE} ({error!r}): see protos/README.md"
        ) from None


def pinned_image() -> FileDescriptorSet:
    """The descriptors of the pin, from the cache in the workspace or, if it is empty, from the registry."""
    cached = WORKSPACE / f"pin-{workspace.digest(*PIN_FILES)[:16]}.binpb"
    if not cached.exists():
        with workspace.temporary() as directory:
            _fetch(directory)
            image = _export(directory)
            typescript.add_comments(image, directory / "node_modules" / PACKAGE / "types")
            path = directory / "documented.binpb"
            path.write_bytes(image.SerializeToString(deterministic=True))
            path.rename(cached)
        for old in set(WORKSPACE.glob("pin-*.binpb")) - {cached}:
            old.unlink()
    return parse_image(cached.read_bytes(), cached.name)


def _fetch(directory: Path) -> None:
    for file in PIN_FILES:
        shutil.copy(file, directory)
    command = tools.node(program="npm")
    options = (
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--fetch-retry-mintimeout=1000",
        "--fetch-retry-maxtimeout=5000",
    )
    done = tools.run([*command, "ci", *options], cwd=directory)
    if done.returncode == 0:
        return
    version, _ = locked_package()
    if any(word in done.stderr for word in _UNREACHABLE):
        raise ProtosError(
            f"{PACKAGE} {version} could not be fetched, because the npm registry is unreachable: "
            "the first build needs the network, or the package in npm's cache"
        )
    if "EINTEGRITY" in done.stderr:
        raise ProtosError(
            f"the registry's {PACKAGE} {version} does not have the hash that protos/package-lock.json pins"
        )
    reasons = [
        line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.startswith("npm error ")
    ]
    raise ProtosError(
        f"npm could not fetch {PACKAGE} {version}: {'; '.join(reasons[:3]) or 'it gave no reason'}"
    )


def _export(directory: Path) -> FileDescriptorSet:
    done = tools.run([*tools.node(program=EXPORTER.name), "image.binpb"], cwd=directory)
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if "Error" in line), "it gave no reason")
        raise ProtosError(f"the descriptors of {PACKAGE} could not be exported: {reason}")
    return read_image(directory / "image.binpb")
