"""Compares a source with the pin: what it adds, removes and breaks."""

import json

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import tools, workspace
from scripts.protos.descriptors import is_zitadel, services
from scripts.protos.errors import ProtosError
from scripts.protos.pin import pinned_image
from scripts.protos.sources import resolve

_BREAKING = 100  # buf's exit code if it succeeds and finds breaking changes


def count(image: FileDescriptorSet) -> str:
    found = services(image)
    return _counts(len(found), sum(map(len, found.values())))


def compare(image: FileDescriptorSet, pinned: FileDescriptorSet) -> list[str]:
    """Lines that list the services and RPCs that an image adds to the pin or removes from it."""
    new, old = services(image), services(pinned)
    lines = [f"compared with the pin ({count(pinned)}):"]
    for sign, word, ours, theirs in (("+", "adds", new, old), ("-", "removes", old, new)):
        whole = sorted(ours.keys() - theirs.keys())
        rpcs = sorted(_rpcs(ours) - _rpcs(theirs))
        lines.append(f"  {word} {_counts(len(whole), len(rpcs))}")
        lines += [f"  {sign} {name} ({_number(len(ours[name]), 'RPC')})" for name in whole]
        lines += [f"  {sign} {rpc}" for rpc in rpcs if rpc.partition("/")[0] in theirs]
    return lines


def diff(requested: str) -> tuple[str, bool]:
    """How a source differs from the pin, and whether that breaks clients (buf.yaml has the rules)."""
    with workspace.locked():
        source, pinned = resolve(requested), pinned_image()
        image = source.load()
        lines = [f"{source.name}: {count(image)}", *compare(image, pinned)]
        removed, changes = _rpcs(services(pinned)) - _rpcs(services(image)), _breaking(image, pinned)
    if removed or changes:
        lines.append(
            f"breaking: {_number(len(removed), 'removed RPC')}, {_number(len(changes), 'change')} of messages"
        )
        lines += [f"  ! {change}" for change in changes]
    else:
        lines.append("no breaking changes")
    return "\n".join(lines), bool(removed or changes)


def _rpcs(found: dict[str, list[str]]) -> set[str]:
    return {f"{service}/{rpc}" for service, rpcs in found.items() for rpc in rpcs}


def _counts(services: int, rpcs: int) -> str:
    return f"{_number(services, 'service')}, {_number(rpcs, 'RPC')}"


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _breaking(image: FileDescriptorSet, pinned: FileDescriptorSet) -> list[str]:
    with workspace.temporary() as directory:
        new, old = directory / "new.binpb", directory / "old.binpb"
        new.write_bytes(image.SerializeToString())
        old.write_bytes(pinned.SerializeToString())
        buf = tools.script("buf-bin", "buf")
        options = ("--config", workspace.ROOT / "buf.yaml", "--error-format", "json")
        done = tools.run([buf, "breaking", new, "--against", old, *options])
    if done.returncode not in (0, _BREAKING):
        raise ProtosError(f"buf could not compare the two: {tools.reason(done)}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    third_party = {file.name for file in (*image.file, *pinned.file) if not is_zitadel(file)}
    return [f"{item.get('path')}: {item['message']}" for item in found if item.get("path") not in third_party]
