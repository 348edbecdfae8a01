"""Reads descriptor images (FileDescriptorSet) and their contents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from scripts.protos.errors import ProtosError


def parse_image(data: bytes, name: str) -> FileDescriptorSet:
    """Reads an image. `name` is its name in errors."""
    try:
        image = FileDescriptorSet.FromString(data)
    except DecodeError:
        raise ProtosError(
            f"{name} is not a descriptor image: create one with `buf build -o image.binpb`"
        ) from None
    if not any(file.name for file in image.file):
        raise ProtosError(f"{name} is empty: it contains no file descriptors")
    return image


def read_image(path: Path) -> FileDescriptorSet:
    return parse_image(path.read_bytes(), path.name)


def is_zitadel(file: FileDescriptorProto) -> bool:
    """Whether a file belongs to ZITADEL's APIs. The other files are their imports."""
    return file.package == "zitadel" or file.package.startswith("zitadel.")


def services(image: FileDescriptorSet) -> dict[str, list[str]]:
    """The full names of ZITADEL's services, each with the names of its RPCs."""
    return {
        f"{file.package}.{service.name}": [method.name for method in service.method]
        for file in image.file
        if is_zitadel(file)
        for service in file.service
    }


def messages(file: FileDescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    """Every message of a file with its full name, including nested messages."""

    def walk(scope: str, message: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
        name = f"{scope}.{message.name}"
        yield name, message
        for nested in message.nested_type:
            yield from walk(name, nested)

    for message in file.message_type:
        yield from walk(file.package, message)


class Declaration(NamedTuple):
    """A service, RPC, message, field, enum or value of an enum."""

    name: str
    """The full name: `package.Service/Method` for an RPC, `package.Enum.VALUE` for an enum value."""
    path: tuple[int, ...]
    """Its path in source_code_info."""
    options: Message


def declarations(file: FileDescriptorProto) -> Iterator[Declaration]:
    """Every declaration in a file that can have documentation."""
    for index, service in enumerate(file.service):
        name, path = f"{file.package}.{service.name}", (file.SERVICE_FIELD_NUMBER, index)
        yield Declaration(name, path, service.options)
        for position, method in enumerate(service.method):
            place = (*path, service.METHOD_FIELD_NUMBER, position)
            yield Declaration(f"{name}/{method.name}", place, method.options)
    for index, enum in enumerate(file.enum_type):
        yield from _in_enum(file.package, (file.ENUM_TYPE_FIELD_NUMBER, index), enum)
    for index, message in enumerate(file.message_type):
        yield from _in_message(file.package, (file.MESSAGE_TYPE_FIELD_NUMBER, index), message)


def _in_message(scope: str, path: tuple[int, ...], message: DescriptorProto) -> Iterator[Declaration]:
    name = f"{scope}.{message.name}"
    yield Declaration(name, path, message.options)
    for index, field in enumerate(message.field):
        yield Declaration(f"{name}.{field.name}", (*path, message.FIELD_FIELD_NUMBER, index), field.options)
    for index, enum in enumerate(message.enum_type):
        yield from _in_enum(name, (*path, message.ENUM_TYPE_FIELD_NUMBER, index), enum)
    for index, nested in enumerate(message.nested_type):
        yield from _in_message(name, (*path, message.NESTED_TYPE_FIELD_NUMBER, index), nested)


def _in_enum(scope: str, path: tuple[int, ...], enum: EnumDescriptorProto) -> Iterator[Declaration]:
    name = f"{scope}.{enum.name}"
    yield Declaration(name, path, enum.options)
    for index, value in enumerate(enum.value):
        yield Declaration(f"{name}.{value.name}", (*path, enum.VALUE_FIELD_NUMBER, index), value.options)


class CustomOptions:
    """Reads custom options with the declarations in the image.

    It uses a separate descriptor pool, since this process may have loaded other versions of the declarations.
    """

    def __init__(self, image: FileDescriptorSet) -> None:
        self._pool = DescriptorPool()
        files = {file.name: file for file in image.file}
        files.setdefault(
            "google/protobuf/descriptor.proto",
            FileDescriptorProto.FromString(descriptor_pb2.DESCRIPTOR.serialized_pb),
        )
        added = set[str]()

        def add(file: FileDescriptorProto) -> None:
            if file.name in added:
                return
            added.add(file.name)
            for dependency in file.dependency:
                if dependency not in files:
                    raise ProtosError(f"{file.name} imports {dependency}, which is missing in the source")
                add(files[dependency])
            try:
                self._pool.AddSerializedFile(file.SerializeToString())
            except TypeError as error:
                raise ProtosError(f"{file.name} is not valid: {' '.join(str(error).split())}") from None

        for file in files.values():
            add(file)

    def of(self, options: Message) -> dict[str, Any]:
        """The custom options in `options`, keyed by the full names of their extensions."""
        message = GetMessageClass(self._pool.FindMessageTypeByName(options.DESCRIPTOR.full_name))
        fields = message.FromString(options.SerializeToString()).ListFields()
        return {field.full_name: value for field, value in fields if field.is_extension}
