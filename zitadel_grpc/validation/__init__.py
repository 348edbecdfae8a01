"""Checks requests against the validation rules of ZITADEL's protobufs, without a call.

The rules are protoc-gen-validate's `validate.rules`. The server refuses a request that breaks one with
INVALID_ARGUMENT and names the first violation only; `violations` returns all of them, in the server's words:

    for violation in violations(GetUserByIDRequest()):
        print(violation)
        # invalid GetUserByIDRequest.Id: value length must be between 1 and 200 runes, inclusive

The server checks the caller's token and permission before these rules, and everything else after them.
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
    """A broken rule. `str(violation)` is the server's error message."""

    path: str
    """The field, as named in the protobufs: `profile.first_name`, `queries[0].name_query.name`."""
    reason: str
    """For example `value length must be between 1 and 200 runes, inclusive`."""
    text: str
    """The server's error message, which uses the Go names of the field and its message."""

    def __str__(self) -> str:
        return self.text


def violations(message: Message) -> list[Violation]:
    """All violations in a request, in the order in which the server checks them."""
    return list(_plan(message.DESCRIPTOR).violations(message))


class _Plan:
    """The checks for a message type, in the order of protoc-gen-validate's Go code."""

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
        # Only ZITADEL's messages have rules. Those of google.protobuf are checked by the field's own rules.
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
        for reason in self._rules.list_reasons(values):
            yield self._violation(reason)
        seen = set[object]()
        for index, value in _indexed(self.descriptor, values):
            if self._rules.is_unique:
                if value in seen:
                    yield self._violation(_NOT_UNIQUE, index)
                seen.add(value)
            yield from self._value_violations(value, index)

    def _value_violations(self, value: Any, index: str = "") -> Iterator[Violation]:
        for reason in self._rules.value_reasons(value):
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
    """The items of a repeated field, or the values of a map, each with its index as text."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return ((f"[{key}]", values[key]) for key in sorted(values))
    items: Sequence[Any] = values
    return ((f"[{index}]", item) for index, item in enumerate(items))


def _is_synthetic(oneof: OneofDescriptor | None) -> bool:
    """Whether protoc created the oneof for an `optional` field of proto3."""
    return oneof is not None and len(oneof.fields) == 1 and oneof.name == f"_{oneof.fields[0].name}"
