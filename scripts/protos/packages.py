"""Writes the `__init__` of each generated package: its messages, enums and services at package level."""

import keyword
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from scripts.protos.errors import ProtosError

_RUNTIME = '''"""{title}"""

from zitadel_grpc._lazy import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {{
{modules}    }},
)
'''


def write_packages(files: Sequence[FileDescriptorProto], root: Path) -> None:
    """Writes `__init__.py` and `__init__.pyi` for the proto packages of `files`, relocated below `root`."""
    packages: dict[PurePosixPath, list[FileDescriptorProto]] = defaultdict(list)
    for file in files:
        packages[PurePosixPath(file.name).parent].append(file)
    # The directories between (zitadel_grpc/api/user above user/v2) are regular packages too: type checkers
    # and zip imports handle them more reliably than namespace packages.
    between = {parent for path in packages for parent in path.parents if len(parent.parts) > 2}
    for directory in between - packages.keys():
        (root / directory / "__init__.py").touch()
    for directory, members in packages.items():
        _write_package(root / directory, sorted(members, key=lambda file: file.name))


def _write_package(directory: Path, files: list[FileDescriptorProto]) -> None:
    exports = _exports(files)
    modules = "".join(
        f"        {module!r}: {_literal(names, indent=12)},\n" for module, names in exports.items() if names
    )
    title = f"The protobuf package `{files[0].package}`."
    (directory / "__init__.py").write_text(_RUNTIME.format(title=title, modules=modules), encoding="utf-8")

    lines = [f'"""{title}"""\n']
    for module, names in exports.items():
        lines += [f"from .{module} import {name} as {name}" for name in names]
    for file in files:  # these exist only for type checkers and are not exported at run time
        names = [f"{service.name}AsyncStub" for service in file.service]
        lines += [f"from .{_stem(file)}_pb2_grpc import {name} as {name}" for name in names]
    everything = sorted(name for names in exports.values() for name in names)
    lines.append(f"\n__all__ = {_literal(everything, indent=4)}\n")
    (directory / "__init__.pyi").write_text("\n".join(lines), encoding="utf-8")


def _exports(files: list[FileDescriptorProto]) -> dict[str, list[str]]:
    """The names that each generated module exports to its package."""
    exports: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    for file in files:
        modules = {f"{_stem(file)}_pb2": _message_names(file)}
        if file.service:
            modules[f"{_stem(file)}_pb2_grpc"] = _service_names(file)
        for module, names in modules.items():
            exports[module] = sorted(names)
            for name in (module, *exports[module]):
                if name in owners:
                    raise ProtosError(
                        f"the package {file.package} defines {name} twice, "
                        f"in {owners[name]} and in {file.name}: rename one of them"
                    )
                owners[name] = file.name
    return exports


def _stem(file: FileDescriptorProto) -> str:
    return PurePosixPath(file.name).stem


def _message_names(file: FileDescriptorProto) -> Iterator[str]:
    yield from (message.name for message in file.message_type if not keyword.iskeyword(message.name))
    for enum in file.enum_type:
        yield enum.name
        yield from (value.name for value in enum.value if not keyword.iskeyword(value.name))
    yield from (extension.name for extension in file.extension)


def _service_names(file: FileDescriptorProto) -> Iterator[str]:
    for service in file.service:
        yield f"{service.name}Stub"
        yield f"{service.name}Servicer"
        yield f"add_{service.name}Servicer_to_server"


def _literal(names: Sequence[str], *, indent: int) -> str:
    pad = " " * indent
    return "[\n" + "".join(f'{pad}"{name}",\n' for name in names) + pad[4:] + "]"
