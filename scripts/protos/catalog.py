"""Writes what the custom options say of each RPC, zitadel_grpc/api/_catalog.json, and of it what each client
needs at its start: which RPCs only read, _reads.json."""

import json
import re
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto

from scripts.protos.descriptors import CustomOptions, is_zitadel
from zitadel_grpc.catalog import Rpc

_OPENAPI = "grpc.gateway.protoc_gen_openapiv2.options.openapiv2_operation"


def write_catalog(image: FileDescriptorSet, options: CustomOptions, api: Path) -> None:
    """Write, for each RPC: permission, HTTP verb, HTTP path, summary, deprecated; and the names of those that
    read, in the form of gRPC's service config."""
    catalog: dict[str, dict[str, list[Any]]] = {}
    for file in filter(is_zitadel, image.file):
        comments = _comments(file)
        for index, service in enumerate(file.service):
            catalog[f"{file.package}.{service.name}"] = {
                method.name: _rpc(
                    method, options.of(method.options), comments.get((6, index, 2, position), "")
                )
                for position, method in enumerate(service.method)
            }
    _write(api / "_catalog.json", catalog)
    reads = [
        {"service": service, "method": name}
        for service, methods in sorted(catalog.items())
        for name, entry in sorted(methods.items())
        if Rpc(f"{service}/{name}", *entry).reads
    ]
    _write(api / "_reads.json", reads)


def _rpc(method: MethodDescriptorProto, options: dict[str, Any], comment: str) -> list[Any]:
    permission = ""
    if (v1 := options.get("zitadel.v1.auth_option")) is not None:
        permission = v1.permission
    elif (v2 := options.get("zitadel.protoc_gen_zitadel.v2.options")) is not None:
        permission = v2.auth_option.permission
    verb, path = _http_binding(options.get("google.api.http"))
    openapi = options.get(_OPENAPI)
    summary = openapi.summary if openapi is not None else ""
    deprecated = method.options.deprecated or (openapi is not None and openapi.deprecated)
    return [permission, verb, path, " ".join(summary.split()) or _first_sentence(comment), deprecated]


def _http_binding(rule: Any) -> tuple[str, str]:
    if rule is None or not (pattern := rule.WhichOneof("pattern")):
        return "", ""
    if pattern == "custom":
        return rule.custom.kind, rule.custom.path
    return pattern.upper(), getattr(rule, pattern)


def _comments(file: FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """The comments before declarations, by the path of the declaration; images of some sources have none."""
    return {
        tuple(location.path): location.leading_comments
        for location in file.source_code_info.location
        if location.leading_comments
    }


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]


def _write(path: Path, data: object) -> None:
    path.write_text(
        json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )
