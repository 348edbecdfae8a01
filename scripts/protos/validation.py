"""Writes ZITADEL's validation rules for requests (`validate.rules`): zitadel_grpc/api/_rules.json."""

import json
import sys
from pathlib import Path
from typing import Any, cast

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message

from scripts.protos.descriptors import CustomOptions, is_zitadel, messages
from zitadel_grpc.validation._rules import KNOWN

_DURATION = "google.protobuf.Duration"


def write_rules(image: FileDescriptorSet, options: CustomOptions, api: Path) -> None:
    """Writes each rule once, the fields that it applies to, and the oneofs that must have a member set.

    A rule that zitadel_grpc.validation does not support is reported and omitted: stubs of a newer ZITADEL are
    useful without it.
    """
    fields: dict[str, dict[int, str]] = {}
    required: dict[str, list[str]] = {}
    for file in filter(is_zitadel, image.file):
        for name, message in messages(file):
            for field in message.field:
                if rule := _known(_rule(field.options, options), f"{name}.{field.name}"):
                    fields.setdefault(name, {})[field.number] = json.dumps(rule, sort_keys=True)
            oneofs = [
                oneof.name
                for oneof in message.oneof_decl
                if options.of(oneof.options).get("validate.required")
            ]
            if oneofs:
                required[name] = oneofs
    rules = sorted({rule for message in fields.values() for rule in message.values()})
    index = {rule: position for position, rule in enumerate(rules)}
    data = {
        "rules": [json.loads(rule) for rule in rules],
        "fields": {
            name: {number: index[rule] for number, rule in sorted(message.items())}
            for name, message in sorted(fields.items())
        },
        "required_oneofs": dict(sorted(required.items())),
    }
    (api / "_rules.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")


def _known(rule: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
    """The parts of a rule that zitadel_grpc.validation supports."""
    known: dict[str, dict[str, Any]] = {}
    for kind, parts in rule.items():
        understood = {name: value for name, value in parts.items() if name in KNOWN.get(kind, ())}
        for name in parts.keys() - understood.keys():
            print(
                f"protos: {place} has a validation rule that is not supported: {kind}.{name}", file=sys.stderr
            )
        if "items" in understood:
            understood["items"] = _known(understood["items"], place)
        if understood:
            known[kind] = understood
    return known


def _rule(options: Message, custom: CustomOptions) -> dict[str, Any]:
    rule = custom.of(options).get("validate.rules")
    return {} if rule is None else _plain(rule)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        if value.DESCRIPTOR.full_name == _DURATION:
            return cast(Any, value).ToNanoseconds()
        return {field.name: _plain(part) for field, part in value.ListFields()}
    if isinstance(value, str | int | float):  # bool too
        return value
    return [_plain(part) for part in value]  # a repeated field
