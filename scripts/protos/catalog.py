"""Writes the catalog of RPCs, zitadel_grpc/api/_catalog.json, and the list of those that only read.

Every client needs that list at startup, so it has a separate file, _reads.json.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto

from scripts.protos.descriptors import CustomOptions, is_zitadel
from scripts.protos.texts import first_sentence, one_line
from zitadel_grpc.catalog import Rpc, _parse

_OPENAPI = "grpc.gateway.protoc_gen_openapiv2.options.openapiv2_operation"
_SWAGGER = "grpc.gateway.protoc_gen_openapiv2.options.openapiv2_swagger"
_SUCCESSORS = Path(__file__).with_name("successors.json")
"""The RPCs that newer servers deprecate, with their successors."""


def write_catalog(
    image: FileDescriptorSet, options: CustomOptions, texts: Mapping[str, str], api: Path
) -> dict[str, Rpc]:
    """Writes the permission, HTTP verb, HTTP path, texts, deprecation and successors of each RPC.

    The list of RPCs that only read has the form of names in gRPC's service config. Returns the catalog in the
    form that clients use.
    """
    successors: dict[str, list[str]] = json.loads(_SUCCESSORS.read_text(encoding="utf-8"))
    data: dict[str, dict[str, list[Any]]] = {}
    for file in filter(is_zitadel, image.file):
        swagger = options.of(file.options).get(_SWAGGER)
        base_path = one_line(swagger.base_path).rstrip("/") if swagger is not None else ""
        for service in file.service:
            service_name = f"{file.package}.{service.name}"
            methods = data[service_name] = {}
            for method in service.method:
                name = f"{service_name}/{method.name}"
                entry = _rpc(method, options.of(method.options), texts.get(name, ""))
                methods[method.name] = [*entry, base_path, successors.get(name, [])]
    _write(api / "_catalog.json", data)
    catalog = _parse(data)
    reads = [
        dict(zip(("service", "method"), name.split("/"), strict=True))
        for name, rpc in sorted(catalog.items())
        if rpc.reads
    ]
    _write(api / "_reads.json", reads)
    return catalog


def _rpc(method: MethodDescriptorProto, options: dict[str, Any], text: str) -> list[Any]:
    permission = ""
    if (v1 := options.get("zitadel.v1.auth_option")) is not None:
        permission = v1.permission
    elif (v2 := options.get("zitadel.protoc_gen_zitadel.v2.options")) is not None:
        permission = v2.auth_option.permission
    verb, path = _http_binding(options.get("google.api.http"))
    openapi = options.get(_OPENAPI)
    summary = one_line(openapi.summary) if openapi is not None else ""
    deprecated = method.options.deprecated or (openapi is not None and openapi.deprecated)
    names = map(one_line, (permission, verb, path))
    return [*names, summary or first_sentence(text), text, deprecated]


def _http_binding(rule: Any) -> tuple[str, str]:
    if rule is None or not (pattern := rule.WhichOneof("pattern")):
        return "", ""
    if pattern == "custom":
        return rule.custom.kind, rule.custom.path
    return pattern.upper(), getattr(rule, pattern)


def _write(path: Path, data: object) -> None:
    path.write_text(
        json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )
