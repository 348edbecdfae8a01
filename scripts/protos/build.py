"""Builds the stubs, unless they are up to date with their source."""

import time
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import descriptors, report, tools, workspace
from scripts.protos.errors import ProtosError
from scripts.protos.generate import generate
from scripts.protos.pin import pinned_image
from scripts.protos.sources import Source, resolve
from scripts.protos.stamp import Stamp, digest_scripts, digest_stubs, stubs_can_stay


def build(requested: str | None) -> str:
    """Installs the stubs of a source. Returns the message to print."""
    with workspace.locked():
        return _build(requested)


def ensure() -> str:
    """Installs the pin's stubs, unless there are usable stubs. Returns the message to print."""
    with workspace.locked():
        if not stubs_can_stay(tools=tools.versions()):
            return _build(None)
        stamp = Stamp.read()
        if stamp is None:
            return f"{_place(workspace.API)} is part of the sdist and stays unchanged"
        if stamp.is_pin:
            return f"{_place(workspace.API)} is up to date with {stamp.title}: {stamp.counts}"
        return (
            f"{_place(workspace.API)} keeps the stubs of {stamp.title}: {stamp.counts} "
            "(`make protos` returns to the pin)"
        )


def _build(requested: str | None) -> str:
    source = resolve(requested)
    scripts, versions = digest_scripts(), tools.versions()
    stamp = Stamp.read()
    if stamp and (stamp.source, stamp.scripts, stamp.tools) == (source.digest, scripts, versions):
        return f"{_place(workspace.API)} is up to date with {_title(source)}: {stamp.counts}"
    started = time.monotonic()
    with workspace.temporary() as directory:
        image = _load(source)
        # Compare before the swap: the comparison needs the pin, which may be unavailable.
        differences = [] if source.is_pin else report.compare(image, pinned_image())
        api = generate(source, image, directory)
        counts = report.count(image)
        stamp = Stamp(
            source.digest, _title(source), counts, source.is_pin, scripts, versions, digest_stubs(api)
        )
        workspace.swap(api, workspace.API)
        stamp.write()
    seconds = time.monotonic() - started
    first = f"{_title(source)}: {counts} → {_place(workspace.API)} ({seconds:.1f} s)"
    return "\n".join([first, *differences])


def build_to(requested: str | None, target: Path) -> str:
    """Writes the stubs of a source to `target`, which must not exist."""
    if target.exists():
        raise ProtosError(f"{target} exists: --out must be the name of a new directory")
    with workspace.locked():
        source = resolve(requested)
        with workspace.temporary() as directory:
            image = _load(source)
            generate(source, image, directory).rename(target)
        return f"{_title(source)}: {report.count(image)} → {_place(target)}"


def _load(source: Source) -> FileDescriptorSet:
    image = source.load()
    if not descriptors.services(image):
        raise ProtosError(f"{source.name} contains no ZITADEL services (in protobuf packages zitadel.…)")
    return image


def _title(source: Source) -> str:
    return f"{source.name} {source.version}".rstrip()


def _place(path: Path) -> str:
    return str(path.relative_to(workspace.ROOT)) if path.is_relative_to(workspace.ROOT) else str(path)
