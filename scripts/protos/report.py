"""Compares a source with the pin: what it adds, what it removes, what it breaks."""

import json

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import tools, workspace
from scripts.protos.descriptors import is_zitadel, services
from scripts.protos.errors import ProtosError
from scripts.protos.pin import pinned_image
from scripts.protos.sources import resolve

_BREAKING = 100  # buf's exit code when it ran well and found something


def count(image: FileDescriptorSet) -> str:
    found = services(image)
    return f"{len(found)} services, {sum(map(len, found.values()))} RPCs"


def compare(image: FileDescriptorSet, pinned: FileDescriptorSet) -> list[str]:
    """Lines that tell which services and RPCs an image has more or less than the pin."""
    new, old = services(image), services(pinned)
    lines = [f"against the pin ({count(pinned)}):"]
    for sign, word, ours, theirs in (("+", "adds", new, old), ("-", "removes", old, new)):
        whole = sorted(ours.keys() - theirs.keys())
        rpcs = sorted(
            f"{name}/{rpc}" for name in ours.keys() & theirs.keys() for rpc in {*ours[name]} - {*theirs[name]}
        )
        total = len(rpcs) + sum(len(ours[name]) for name in whole)
        lines.append(f"  {word} {len(whole)} services, {total} RPCs")
        lines += [f"  {sign} {name} ({len(ours[name])} RPCs)" for name in whole]
        lines += [f"  {sign} {rpc}" for rpc in rpcs]
    return lines


def diff(requested: str) -> tuple[str, bool]:
    """What a source changes against the pin, and whether that breaks clients (the rules are in buf.yaml)."""
    with workspace.locked():
        source, pinned = resolve(requested), pinned_image()
        image = source.load()
        lines = [f"{source.name}: {count(image)}", *compare(image, pinned)]
        breaking = _breaking(image, pinned)
    if breaking:
        lines += [f"{len(breaking)} breaking changes:", *(f"  ! {line}" for line in breaking)]
    else:
        lines.append("no breaking changes")
    return "\n".join(lines), bool(breaking)


def _breaking(image: FileDescriptorSet, pinned: FileDescriptorSet) -> list[str]:
    with workspace.temporary() as directory:
        new, old = directory / "new.binpb", directory / "old.binpb"
        new.write_bytes(image.SerializeToString())
        old.write_bytes(pinned.SerializeToString())
        buf = tools.script("buf-bin", "buf")
        options = ("--config", workspace.ROOT / "buf.yaml", "--error-format", "json")
        done = tools.run([buf, "breaking", new, "--against", old, *options])
    if done.returncode not in (0, _BREAKING):
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ProtosError(f"buf could not compare the two: {reason}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    third_party = {file.name for file in (*image.file, *pinned.file) if not is_zitadel(file)}
    return [f"{item['path']}: {item['message']}" for item in found if item.get("path") not in third_party]
