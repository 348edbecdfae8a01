"""Renames an image's files after the modules of their stubs, and removes what only servers and docs need.

protoc derives the imports that it writes from the names of the files, so its output does not need to be
rewritten. Custom options and the files that declare them are removed: two copies of validate/validate.proto
in one process conflict in protobuf's descriptor pool.
"""

import keyword
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, cast

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message

from scripts.protos.descriptors import is_zitadel, messages
from scripts.protos.errors import ProtosError

API = PurePosixPath("zitadel_grpc/api")


def relocate(image: FileDescriptorSet) -> tuple[FileDescriptorSet, list[FileDescriptorProto]]:
    """Returns the image for protoc, and the files in it to generate stubs for."""
    files = {file.name: file for file in image.file}
    owners = {name: file.name for file in image.file for name in _definitions(file)}
    needed = _needed(files, owners)
    targets = _targets([files[name] for name in needed if not _is_installed(files[name])])

    relocated = FileDescriptorSet()
    for name in needed:
        file = relocated.file.add()
        file.CopyFrom(files[name])
        if name not in targets:
            continue
        file.name = targets[name]
        _strip_options(file)
        kept = [extension for extension in file.extension if not _extends_options(extension.extendee)]
        del file.extension[:]
        file.extension.extend(kept)
        imports = {owners[reference] for reference in _references(file)} - {name}
        for field in ("dependency", "public_dependency", "weak_dependency"):
            file.ClearField(field)
        file.dependency.extend(sorted(targets.get(imported, imported) for imported in imports))
    wanted = set(targets.values())
    return relocated, sorted(
        (file for file in relocated.file if file.name in wanted), key=lambda file: file.name
    )


def _needed(files: dict[str, FileDescriptorProto], owners: dict[str, str]) -> list[str]:
    """ZITADEL's files and the files whose types they use, dependencies first."""
    order: dict[str, None] = {}
    visiting = set[str]()

    def visit(name: str) -> None:
        if name in order or name in visiting:
            return
        visiting.add(name)
        file = files[name]
        # A file that another package installs keeps all of its imports.
        used = set(file.dependency) if _is_installed(file) else {owners[name] for name in _references(file)}
        for other in sorted(used):
            visit(other)
        order[name] = None

    for name, file in sorted(files.items()):
        if is_zitadel(file) and not _declares_options(file):
            visit(name)
    return list(order)


def _is_installed(file: FileDescriptorProto) -> bool:
    """Whether protobuf or googleapis-common-protos install the file's stubs."""
    return file.package.startswith("google.")


def _targets(files: list[FileDescriptorProto]) -> dict[str, str]:
    targets: dict[str, str] = {}
    sources: dict[str, str] = {}
    for file in files:
        package = file.package.removeprefix("zitadel.")
        if not package:
            raise ProtosError(
                f"{file.name} declares no package, which determines the module of its stubs: add a package"
            )
        if words := [part for part in package.split(".") if keyword.iskeyword(part)]:
            raise ProtosError(
                f"{file.name}: Python cannot import the package {file.package}: {words[0]!r} is a keyword"
            )
        stem = re.sub(r"\W", "_", PurePosixPath(file.name).stem)
        target = str(API.joinpath(*package.split("."), f"{stem}.proto"))
        if (other := sources.setdefault(target, file.name)) != file.name:
            raise ProtosError(f"{other} and {file.name} would both become {target}: rename one of them")
        targets[file.name] = target
    return targets


def _definitions(file: FileDescriptorProto) -> Iterator[str]:
    """The full names of the types of a file, in the form that references use."""
    for enum in file.enum_type:
        yield f".{file.package}.{enum.name}"
    for name, message in messages(file):
        yield f".{name}"
        for enum in message.enum_type:
            yield f".{name}.{enum.name}"


def _references(file: FileDescriptorProto) -> Iterator[str]:
    """The full names of the types that a file uses, except in options."""
    for _, message in messages(file):
        for field in (*message.field, *message.extension):
            yield from filter(None, (field.type_name, field.extendee))
    for extension in file.extension:
        if not _extends_options(extension.extendee):
            yield from filter(None, (extension.type_name, extension.extendee))
    for service in file.service:
        for method in service.method:
            yield method.input_type
            yield method.output_type


def _declares_options(file: FileDescriptorProto) -> bool:
    return any(_extends_options(extension.extendee) for extension in file.extension)


def _extends_options(extendee: str) -> bool:
    return extendee.startswith(".google.protobuf.") and extendee.endswith("Options")


def _strip_options(message: Message) -> None:
    message.DiscardUnknownFields()
    for field, value in message.ListFields():
        if field.is_extension:  # known because this process has imported its declaration
            message.ClearExtension(cast(Any, field))
        elif field.message_type is not None:
            for part in value if field.is_repeated else (value,):
                _strip_options(part)
