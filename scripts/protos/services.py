"""Writes what a client's typed attributes come from: zitadel_grpc/api/_services.py and its stub."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from scripts.protos.errors import ProtosError

# What AsyncClient and Client have of their own.
RESERVED = frozenset({"access_token", "close", "from_env", "stub", "with_org"})

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

    lines = []
    for name, (package, stub) in services.items():
        lines.append(f"from {package} import {stub} as _{name}, {_async(stub)} as _{name}_async")
    lines += ["", "SERVICES: dict[str, tuple[str, str]]"]
    for title, suffix in (("AsyncServices", "_async"), ("Services", "")):
        lines += ["", f"class {title}:"]
        for name in services:
            lines += ["    @property", f"    def {name}(self) -> _{name}{suffix}: ..."]
    (api / "_services.pyi").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _async(stub: str) -> str:
    return f"{stub.removesuffix('Stub')}AsyncStub"


def _attributes(files: Sequence[FileDescriptorProto]) -> dict[str, tuple[str, str]]:
    """Each service's attribute: its package, and its own name too where a package has several services."""
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
                    f"the client cannot name {full_name} {name!r}: it has that attribute already"
                )
            if name in owners:
                raise ProtosError(f"the client would name both {owners[name]} and {full_name} {name!r}")
            owners[name] = full_name
            module = ".".join(PurePosixPath(file.name).parent.parts)
            attributes[name] = (module, f"{member}Stub")
    return attributes


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
