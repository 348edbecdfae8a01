"""The check and the message of each kind of rule, like those of protoc-gen-validate's Go code.

A rule is the JSON form of `FieldRules` in `validate.proto`: `{"string": {"min_len": 1}}`. Durations are in
nanoseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from zitadel_grpc.validation import _gotext
from zitadel_grpc.validation._formats import email_violation, hostname_violation, uri_violation

Check = Callable[[Any], str | None]
"""Returns the reason why a value is invalid, or None."""

_RANGE = {"lt", "lte", "gt", "gte"}
_LISTS = {"const", "in", "not_in"}
_LENGTHS = ("len", "min_len", "max_len")
_BYTE_LENGTHS = ("len_bytes", "min_bytes", "max_bytes")
_FORMATS: Mapping[str, tuple[Check, str]] = {
    "email": (email_violation, "value must be a valid email address"),
    "hostname": (hostname_violation, "value must be a valid hostname"),
    "uri_ref": (uri_violation, "value must be a valid URI"),
}

KNOWN: Mapping[str, set[str]] = {
    **{number: {*_LISTS, *_RANGE, "ignore_empty"} for number in ("int32", "int64", "uint32", "uint64")},
    "bool": {"const"},
    "string": {*_LISTS, *_LENGTHS, *_BYTE_LENGTHS, "prefix", *_FORMATS, "pattern", "ignore_empty"},
    "bytes": {*_LENGTHS, "ignore_empty"},
    "enum": {*_LISTS, "defined_only"},
    "repeated": {"min_items", "max_items", "unique", "items", "ignore_empty"},
    "duration": {"const", *_RANGE, "required"},
    **{message: {"required"} for message in ("timestamp", "any", "message")},
}
"""The supported rules, by kind of field."""


class FieldRules:
    """The compiled rules of one field."""

    def __init__(self, rule: Mapping[str, Mapping[str, Any]], field: FieldDescriptor) -> None:
        repeated = rule.get("repeated", {})
        self.is_required = any(parts.get("required") for parts in rule.values())
        # Go compares messages by pointer, so they are always unique.
        self.is_unique = bool(repeated.get("unique")) and field.message_type is None
        self._count = list(_counts(repeated))
        self._value = list(_value_checks(repeated.get("items", {}) if repeated else rule, field))

    def list_reasons(self, items: Any) -> Iterator[str]:
        """Why a repeated field as a whole is invalid."""
        return _reasons(self._count, len(items))

    def value_reasons(self, value: Any) -> Iterator[str]:
        """Why the value of a field, or an item of a repeated field, is invalid."""
        return _reasons(self._value, value)


def _reasons(checks: Iterable[Check], value: Any) -> Iterator[str]:
    return (reason for check in checks if (reason := check(value)) is not None)


def _counts(parts: Mapping[str, Any]) -> Iterator[Check]:
    check: Check | None = None
    least, most = parts.get("min_items"), parts.get("max_items")
    if least and least == most:
        check = _unless(lambda count: count == least, f"value must contain exactly {least} item(s)")
    elif least and most is not None:
        reason = f"value must contain between {least} and {most} items, inclusive"
        check = _unless(lambda count: least <= count <= most, reason)
    elif least:
        check = _unless(lambda count: count >= least, f"value must contain at least {least} item(s)")
    elif most is not None:
        check = _unless(lambda count: count <= most, f"value must contain no more than {most} item(s)")
    if check:
        yield _unless_empty(check) if parts.get("ignore_empty") else check


def _value_checks(rule: Mapping[str, Mapping[str, Any]], field: FieldDescriptor) -> Iterator[Check]:
    for kind, parts in rule.items():
        for check in _checks(kind, parts, field):
            yield _unless_empty(check) if parts.get("ignore_empty") else check


def _checks(kind: str, parts: Mapping[str, Any], field: FieldDescriptor) -> Iterator[Check]:
    """The checks for one kind of field, in the server's order."""
    if kind == "duration":
        for check in _comparisons(parts, _gotext.duration):
            yield _of_duration(check)
        return
    yield from _comparisons(parts, _gotext.shown)
    if parts.get("defined_only") and field.enum_type is not None:
        defined = frozenset(field.enum_type.values_by_number)
        yield _unless(defined.__contains__, "value must be one of the defined enum values")
    if kind == "bytes":
        yield from _lengths(parts, _LENGTHS, "bytes", len)
    if kind == "string":
        yield from _lengths(parts, _LENGTHS, "runes", len)
        yield from _lengths(parts, _BYTE_LENGTHS, "bytes", lambda text: len(text.encode()))
        yield from _texts(parts)


def _comparisons(parts: Mapping[str, Any], show: Callable[[Any], str]) -> Iterator[Check]:
    if "const" in parts:
        wanted = parts["const"]
        yield _unless(lambda value: value == wanted, f"value must equal {show(wanted)}")
    yield from _range(parts, show)
    if allowed := parts.get("in"):
        yield _unless(lambda value: value in allowed, f"value must be in list {show(allowed)}")
    elif denied := parts.get("not_in"):
        yield _unless(lambda value: value not in denied, f"value must not be in list {show(denied)}")


def _range(parts: Mapping[str, Any], show: Callable[[Any], str]) -> Iterator[Check]:
    above, over = parts.get("gt", parts.get("gte")), "gt" in parts  # `over`: exclusive
    below, under = parts.get("lt", parts.get("lte")), "lt" in parts

    def high_enough(value: Any) -> bool:
        return bool(value > above if over else value >= above)

    def low_enough(value: Any) -> bool:
        return bool(value < below if under else value <= below)

    if above is None and below is None:
        return
    if below is None:
        bound = f"greater than {'' if over else 'or equal to '}{show(above)}"
        yield _unless(high_enough, f"value must be {bound}")
    elif above is None:
        bound = f"less than {'' if under else 'or equal to '}{show(below)}"
        yield _unless(low_enough, f"value must be {bound}")
    elif below > above:
        bounds = f"{'[('[over]}{show(above)}, {show(below)}{'])'[under]}"
        yield _unless(
            lambda value: high_enough(value) and low_enough(value), f"value must be inside range {bounds}"
        )
    else:
        bounds = f"{'(['[under]}{show(below)}, {show(above)}{')]'[over]}"
        yield _unless(
            lambda value: high_enough(value) or low_enough(value), f"value must be outside range {bounds}"
        )


def _lengths(
    parts: Mapping[str, Any], names: tuple[str, str, str], unit: str, size: Callable[[Any], int]
) -> Iterator[Check]:
    exact, least, most = map(parts.get, names)
    if exact is None and least == most:
        exact = least
    if exact is not None:
        yield _unless(lambda value: size(value) == exact, f"value length must be {exact} {unit}")
    elif least is not None and most is not None:
        reason = f"value length must be between {least} and {most} {unit}, inclusive"
        yield _unless(lambda value: least <= size(value) <= most, reason)
    elif least is not None:
        yield _unless(lambda value: size(value) >= least, f"value length must be at least {least} {unit}")
    elif most is not None:
        yield _unless(lambda value: size(value) <= most, f"value length must be at most {most} {unit}")


def _texts(parts: Mapping[str, Any]) -> Iterator[Check]:
    if prefix := parts.get("prefix"):
        yield _unless(
            lambda text: text.startswith(prefix), f"value does not have prefix {_gotext.quoted(prefix)}"
        )
    for name, (violation, reason) in _FORMATS.items():
        if parts.get(name):
            yield _because(violation, reason)
    if pattern := parts.get("pattern"):
        search = re.compile(pattern).search
        yield _unless(search, f"value does not match regex pattern {_gotext.quoted(pattern)}")


def _unless(is_right: Callable[[Any], object], reason: str) -> Check:
    return lambda value: None if is_right(value) else reason


def _because(violation: Check, reason: str) -> Check:
    def check(value: Any) -> str | None:
        cause = violation(value)
        return cause and f"{reason} | caused by: {cause}"

    return check


def _unless_empty(check: Check) -> Check:
    return lambda value: check(value) if value else None


def _of_duration(check: Check) -> Check:
    return lambda value: check(value.ToNanoseconds())
