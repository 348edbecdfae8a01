"""Prepares documentation for editors: the docstrings of RPCs, and comments for mypy-protobuf to write."""

from collections.abc import Mapping, Sequence

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from scripts.protos.descriptors import declarations, is_zitadel
from zitadel_grpc._method_help import permission_of
from zitadel_grpc.catalog import Rpc


def compose(image: FileDescriptorSet, texts: Mapping[str, str], catalog: Mapping[str, Rpc]) -> dict[str, str]:
    """The docstrings of services and RPCs, keyed by their full names."""
    docs: dict[str, str] = {}
    for file in filter(is_zitadel, image.file):
        for service in file.service:
            name = f"{file.package}.{service.name}"
            docs[name] = texts.get(name, "")
            for method in service.method:
                rpc = f"{name}/{method.name}"
                docs[rpc] = _rpc(catalog[rpc])
    return docs


def add_comments(files: Sequence[FileDescriptorProto], texts: Mapping[str, str]) -> None:
    """Replaces the comments in `files` with the texts about messages and enums.

    Texts about services are omitted, since protoc would write them to modules that are loaded at run time.
    """
    for file in files:
        file.ClearField("source_code_info")
        for name, path, _ in declarations(file):
            if path[0] != file.SERVICE_FIELD_NUMBER and (text := texts.get(name)):
                comment = "".join(
                    f" {line}\n" for line in text.split("\n")
                )  # protoc keeps the space after `//`
                file.source_code_info.location.add(path=path, leading_comments=comment)


def _rpc(rpc: Rpc) -> str:
    rest = f"REST: `{rpc.http_verb} {rpc.rest_path}`" if rpc.rest_path else ""
    return "\n\n".join(filter(None, (rpc.description, _deprecation(rpc), _permission(rpc), rest)))


def _deprecation(rpc: Rpc) -> str:
    if rpc.deprecation:
        return f"Deprecated: {rpc.deprecation}."
    if rpc.successors:
        return f"Deprecated in newer servers; successor {' or '.join(rpc.successors)}, not in these stubs."
    return ""


def _permission(rpc: Rpc) -> str:
    return f"Permission: {permission_of(rpc)}." if rpc.permission else ""
