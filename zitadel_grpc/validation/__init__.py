"""Checks requests by the protobufs' own rules, in the server's own words, without asking the server.

ZITADEL's protobufs carry rules for their fields (protoc-gen-validate's `validate.rules`). A request that
breaks one is refused with INVALID_ARGUMENT, by the first that it breaks; `violations` finds them all:

    for violation in violations(GetUserByIDRequest()):
        print(violation)
        # invalid GetUserByIDRequest.Id: value length must be between 1 and 200 runes, inclusive

The server checks the caller's token and permission before these rules, and all else after them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from zitadel_grpc.validation import _data
from zitadel_grpc.validation._gotext import camel_case, message_name
from zitadel_grpc.validation._rules import FieldRules

__all__ = ["Violation", "violations"]

_EMBEDDED = "embedded message failed validation"
_REQUIRED = "value is required"
_NOT_UNIQUE = "repeated value must contain unique items"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a message breaks; as a string it is what the server says of it."""

    path: str
    """The field, by the names of the protobufs: `profile.first_name`, `queries[0].name_query.name`."""
    reason: str
    """Such as `value length must be between 1 and 200 runes, inclusive`."""
    text: str
    """The server's words, with the names that the field and its message have in Go."""

    def __str__(self) -> str:
        return self.text


def violations(message: Message) -> list[Violation]:
    """All violations of a message of ZITADEL's APIs, the one that the server would name first."""
    return list(_plan(message.DESCRIPTOR).violations(message))


class _Plan:
    """What is to be checked in a message, in the order of protoc-gen-validate's Go code."""

    def __init__(self, descriptor: Descriptor) -> None:
        self._name = message_name(descriptor)
        fields = [_Field(descriptor, field) for field in descriptor.fields]
        self._plain = [field for field in fields if field.descriptor.containing_oneof is None]
        self._optional = [field for field in fields if _is_synthetic(field.descriptor.containing_oneof)]
        self._oneofs = [oneof.name for oneof in descriptor.oneofs if not _is_synthetic(oneof)]
        self._members = {field.descriptor.name: field for field in fields}
        self._required = _data.required_oneofs(descriptor.full_name)

    def violations(self, message: Message) -> Iterator[Violation]:
        for field in self._plain:
            yield from field.violations(message)
        for name in self._oneofs:
            if (member := message.WhichOneof(name)) is not None:
                yield from self._members[member].violations(message)
            elif name in self._required:
                yield Violation(name, _REQUIRED, f"invalid {self._name}.{camel_case(name)}: {_REQUIRED}")
        for field in self._optional:
            if message.HasField(field.descriptor.name):
                yield from field.violations(message)


@functools.cache
def _plan(descriptor: Descriptor) -> _Plan:
    return _Plan(descriptor)


class _Field:
    """One field with its rules."""

    def __init__(self, message: Descriptor, descriptor: FieldDescriptor) -> None:
        self.descriptor = descriptor
        self._go_name = f"{message_name(message)}.{camel_case(descriptor.name)}"
        self._rules = FieldRules(_data.field_rules(message.full_name, descriptor.number), descriptor)
        item = descriptor.message_type
        if item is not None and item.GetOptions().map_entry:
            item = item.fields_by_name["value"].message_type
        # Only ZITADEL's own messages have rules: google.protobuf's are checked by the rules of their fields.
        self._is_embedded = item is not None and item.full_name.startswith("zitadel.")

    def violations(self, message: Message) -> Iterator[Violation]:
        field = self.descriptor
        if field.is_repeated:
            yield from self._list_violations(getattr(message, field.name))
        elif field.message_type is None or message.HasField(field.name):
            yield from self._value_violations(getattr(message, field.name))
        elif self._rules.is_required:
            yield self._violation(_REQUIRED)

    def _list_violations(self, values: Any) -> Iterator[Violation]:
        for reason in self._rules.list_faults(values):
            yield self._violation(reason)
        seen = set[object]()
        for index, value in _indexed(self.descriptor, values):
            if self._rules.is_unique:
                if value in seen:
                    yield self._violation(_NOT_UNIQUE, index)
                seen.add(value)
            yield from self._value_violations(value, index)

    def _value_violations(self, value: Any, index: str = "") -> Iterator[Violation]:
        for reason in self._rules.value_faults(value):
            yield self._violation(reason, index)
        if self._is_embedded:
            for violation in _plan(value.DESCRIPTOR).violations(value):
                text = self._text(f"{_EMBEDDED} | caused by: {violation.text}", index)
                yield Violation(f"{self.descriptor.name}{index}.{violation.path}", violation.reason, text)

    def _violation(self, reason: str, index: str = "") -> Violation:
        return Violation(f"{self.descriptor.name}{index}", reason, self._text(reason, index))

    def _text(self, reason: str, index: str) -> str:
        return f"invalid {self._go_name}{index}: {reason}"


def _indexed(field: FieldDescriptor, values: Any) -> Iterator[tuple[str, Any]]:
    """The items of a repeated field, or the values of a map, by the text of their index."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return ((f"[{key}]", values[key]) for key in sorted(values))
    items: Sequence[Any] = values
    return ((f"[{index}]", item) for index, item in enumerate(items))


def _is_synthetic(oneof: OneofDescriptor | None) -> bool:
    """Whether a oneof stands for one `optional` field of proto3."""
    return oneof is not None and len(oneof.fields) == 1 and oneof.name == f"_{oneof.fields[0].name}"
