"""Writes zitadel_grpc/api/_services.py and its stub, which define the typed attributes of clients."""

import keyword
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from scripts.protos.descriptors import messages
from scripts.protos.errors import ProtosError

# The other attributes of AsyncClient and Client.
RESERVED = frozenset(
    {
        "access_token",
        "close",
        "from_env",
        "paginate",
        "stats",
        "stub",
        "wait_until",
        "with_org",
        "with_retries",
    }
)

_RUNTIME = '''"""The services of ZITADEL's APIs, by the names that clients give them."""

SERVICES = {{
{entries}}}
"""Attribute of a client: the package and the name of its stub."""


class AsyncServices:
    """The services of an asynchronous client, as a type checker sees them."""


class Services:
    """The services of a synchronous client, as a type checker sees them."""
'''


def write_services(files: Sequence[FileDescriptorProto], api: Path) -> None:
    services = dict(sorted(_attributes(files).items()))
    entries = "".join(
        f'    "{name}": ("{package}", "{stub}"),\n' for name, (package, stub) in services.items()
    )
    (api / "_services.py").write_text(_RUNTIME.format(entries=entries), encoding="utf-8")

    lines = [
        "from collections.abc import Sequence as _Sequence",
        "from typing import Protocol as _Protocol, TypeAlias as _TypeAlias, TypeVar as _TypeVar",
    ]
    for name, (package, stub) in services.items():
        lines.append(f"from {package} import {stub} as _{name}, {_async(stub)} as _{name}_async")
    lines += ["", "SERVICES: dict[str, tuple[str, str]]"]
    for title, suffix in (("AsyncServices", "_async"), ("Services", "")):
        lines += ["", f"class {title}:"]
        for name in services:
            lines += ["    @property", f"    def {name}(self) -> _{name}{suffix}: ..."]
    lines += _listed(files)
    (api / "_services.pyi").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _listed(files: Sequence[FileDescriptorProto]) -> list[str]:
    """`Listed[Item]`: the responses of lists, by the field with their items.

    Type checkers infer from it what the client's `paginate` yields.
    """
    names = sorted(_item_fields(files))
    lines = ["", '_Item = _TypeVar("_Item", covariant=True)']
    for name in names:
        lines += ["", f"class _Listed_{name}(_Protocol[_Item]):", "    @property"]
        lines += [f"    def {name}(self) -> _Sequence[_Item]: ..."]
    return [*lines, "", f"Listed: _TypeAlias = {' | '.join(f'_Listed_{name}[_Item]' for name in names)}"]


def _item_fields(files: Sequence[FileDescriptorProto]) -> set[str]:
    responses = {
        method.output_type.removeprefix(".")
        for file in files
        for service in file.service
        for method in service.method
        if method.name.startswith(("List", "Search"))
    }
    found = {"result"}  # the usual one: with it there is a type even where a source has no list
    for file in files:
        for name, message in messages(file):
            repeated = [field.name for field in message.field if field.label == field.LABEL_REPEATED]
            if name in responses and len(repeated) == 1 and not keyword.iskeyword(repeated[0]):
                found.add(repeated[0])
    return found


def _async(stub: str) -> str:
    return f"{stub.removesuffix('Stub')}AsyncStub"


def _attributes(files: Sequence[FileDescriptorProto]) -> dict[str, tuple[str, str]]:
    """The attribute of each service: its package, with the service's name if the package has several."""
    packages: dict[str, list[tuple[str, FileDescriptorProto]]] = {}
    for file in files:
        for service in file.service:
            packages.setdefault(file.package, []).append((service.name, file))
    attributes: dict[str, tuple[str, str]] = {}
    owners: dict[str, str] = {}
    for package, members in sorted(packages.items()):
        base = package.removeprefix("zitadel.").removesuffix(".v1").replace(".", "_")
        for member, file in members:
            name = base if len(members) == 1 else f"{base}_{_snake(member.removesuffix('Service'))}"
            full_name = f"{package}.{member}"
            if name in RESERVED:
                raise ProtosError(
                    f"clients cannot have the attribute {name!r} for {full_name}: the name is taken"
                )
            if name in owners:
                raise ProtosError(
                    f"clients would have the attribute {name!r} for both {owners[name]} and {full_name}"
                )
            owners[name] = full_name
            module = ".".join(PurePosixPath(file.name).parent.parts)
            attributes[name] = (module, f"{member}Stub")
    return attributes


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
