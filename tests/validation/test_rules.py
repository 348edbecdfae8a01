"""All rules of the pinned protobufs are present, and each of them is applied."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from zitadel_grpc import api
from zitadel_grpc.validation import violations
from zitadel_grpc.validation._rules import KNOWN

DATA = json.loads(pkgutil.get_data("zitadel_grpc.api", "_rules.json") or b"")
BAD_VALUES: dict[int, list[Any]] = {
    FieldDescriptor.TYPE_BOOL: [False],
    FieldDescriptor.TYPE_BYTES: [b"", b"-" * 500_001],
    FieldDescriptor.TYPE_ENUM: [99],
    FieldDescriptor.TYPE_STRING: ["", "%", "-" * 40_001],
    FieldDescriptor.TYPE_UINT32: [0],
    FieldDescriptor.TYPE_UINT64: [0],
}
"""By type of field: values of which at least one breaks any rule of such a field."""


def all_messages() -> dict[str, Descriptor]:
    """Every message of the generated packages, by its full name."""
    found: dict[str, Descriptor] = {}

    def add(descriptor: Descriptor) -> None:
        found[descriptor.full_name] = descriptor
        for nested in descriptor.nested_types:
            add(nested)

    for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        if module.name.endswith("_pb2"):
            for descriptor in import_module(module.name).DESCRIPTOR.message_types_by_name.values():
                add(descriptor)
    return found


MESSAGES = all_messages()


def broken(field: FieldDescriptor) -> Iterator[Message]:
    """Messages of which at least one breaks the field's rule."""
    message_type = GetMessageClass(field.containing_type)  # type: ignore[arg-type]  # None is for extensions
    yield message_type()
    values = BAD_VALUES.get(field.type, [])
    if field.message_type is not None:
        message = GetMessageClass(field.message_type)
        values = [message()]
        if field.message_type.full_name == "google.protobuf.Duration":
            values.append(message.FromString(b"\x08\xff\x7f"))  # 16,383 s
    for value in values:
        yield message_type(**{field.name: [value] * 31 if field.is_repeated else value})


def kinds(rule: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for kind, parts in rule.items():
        yield from ((kind, part) for part in parts)
        yield from kinds(parts.get("items", {}))


def test_the_pinned_protobufs_have_all_rules() -> None:
    assert sum(map(len, DATA["fields"].values())) == 2094
    assert sum(map(len, DATA["required_oneofs"].values())) == 69


def test_every_kind_of_rule_is_supported() -> None:
    used = {kind for rule in DATA["rules"] for kind in kinds(rule)}
    assert len(used) == 26
    assert used <= {(kind, part) for kind, parts in KNOWN.items() for part in parts}


def test_every_rule_finds_its_violation() -> None:
    for name, numbers in DATA["fields"].items():
        for number, rule in numbers.items():
            field = MESSAGES[name].fields_by_number[int(number)]
            found = [violation for message in broken(field) for violation in violations(message)]
            is_found = any(violation.path.partition("[")[0] == field.name for violation in found)
            # The selected member of a oneof is always present.
            is_void = DATA["rules"][rule] == {"message": {"required": field.containing_oneof is not None}}
            assert is_found != is_void, field.full_name


def test_every_required_oneof_finds_its_violation() -> None:
    for name, oneofs in DATA["required_oneofs"].items():
        found = {violation.path for violation in violations(GetMessageClass(MESSAGES[name])())}
        assert set(oneofs) <= found, name
