"""Names, strings, lists and durations as Go writes them in the server's messages."""

from __future__ import annotations

import functools
import re

from google.protobuf.descriptor import Descriptor

_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_SECOND = 1_000_000_000  # nanoseconds


@functools.cache
def camel_case(name: str) -> str:
    """`user_name` → `UserName`; an underscore remains unless a lower-case letter follows: `a_1` → `A_1`."""
    if name.startswith("_"):
        return f"X{camel_case(name[1:])}"
    return re.sub(r"(?:^|_|(?<=[0-9]))([a-z])", lambda match: match[1].upper(), name)


def message_name(descriptor: Descriptor) -> str:
    """`Outer_Inner`, without the package."""
    name = camel_case(descriptor.name)
    outer: Descriptor | None = descriptor.containing_type
    return name if outer is None else f"{message_name(outer)}_{name}"


def quoted(text: str) -> str:
    """Like `fmt` formats a string with `%q`."""
    return f'"{"".join(_escaped(character, chr(34)) for character in text)}"'


def quoted_rune(character: str) -> str:
    """Like `fmt` formats a rune with `%q`."""
    return f"'{_escaped(character, chr(39))}'"


def _escaped(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return f"\\{character}"
    if character.isprintable():
        return character
    number = ord(character)
    return _ESCAPES.get(character) or (
        f"\\x{number:02x}"
        if number < 0x80
        else f"\\u{number:04x}"
        if number < 0x10000
        else f"\\U{number:08x}"
    )


def shown(value: object) -> str:
    """Like `fmt` formats a value with `%v`: `true`, `[0 1]`."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{' '.join(map(shown, value))}]" if isinstance(value, list) else str(value)


def duration(nanoseconds: int) -> str:
    """Like `time.Duration.String()`: `4m30s`, `1.5s`, `0s`."""
    if nanoseconds < 0:
        return f"-{duration(-nanoseconds)}"
    if nanoseconds < _SECOND:
        for unit, size in (("ms", 1_000_000), ("µs", 1_000), ("ns", 1)):
            if nanoseconds >= size:
                return f"{_decimal(nanoseconds, size)}{unit}"
        return "0s"
    minutes, rest = divmod(nanoseconds, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, _SECOND)}s"
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}" if minutes else seconds


def _decimal(value: int, unit: int) -> str:
    whole, fraction = divmod(value, unit)
    digits = f"{fraction:0{len(str(unit)) - 1}d}".rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)
