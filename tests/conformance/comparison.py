"""Compares a response with the recorded one: all fields, and the values that can be equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_SHOWN = 160  # maximum number of characters of a value


def differences(recorded: Any, answer: Any, place: str = "") -> Iterator[str]:
    """Lists how a response differs from the recorded one. An additional field is a difference."""
    if isinstance(recorded, str) and recorded in _PLACEHOLDERS:
        if not _PLACEHOLDERS[recorded](answer):
            yield f"{place} is {_shown(answer, place)}, which is not a {recorded}"
    elif isinstance(recorded, dict) and isinstance(answer, dict):
        for name in {**recorded, **answer}:
            inside = f"{place}.{name}" if place else name
            if name not in answer:
                yield f"{inside} is missing, it was {_shown(recorded[name], inside)}"
            elif name not in recorded:
                yield f"{inside} is {_shown(answer[name], inside)}, it was not there"
            else:
                yield from differences(recorded[name], answer[name], inside)
    elif isinstance(recorded, list) and isinstance(answer, list) and len(recorded) == len(answer):
        for index, (before, now) in enumerate(zip(recorded, answer, strict=True)):
            yield from differences(before, now, f"{place}[{index}]")
    elif type(recorded) is not type(answer) or recorded != answer:
        yield f"{place} is {_shown(answer, place)}, it was {_shown(recorded, place)}"


def without_what_others_did(
    request: Mapping[str, Any], recorded: dict[str, Any], answer: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Removes from both responses what may differ on a shared server.

    That is the server's version and domains and, in lists without a filter, the entries that differ from the
    recorded ones. Of limited lists it keeps the number of entries only.
    """
    recorded, answer = _without_the_servers(recorded), _without_the_servers(answer)
    before, now = recorded.get("response", {}), answer.get("response", {})
    query = request.get("request", {})
    if query.keys() <= {"query"} and 0 < _total(before) <= _total(now):
        now["details"]["totalResult"] = before["details"]["totalResult"]
        entries = now.get("result", [])
        if query:
            before["result"], now["result"] = len(before["result"]), len(entries)
        else:
            now["result"] = _alike_entries(before["result"], entries)
    return recorded, answer


def _total(response: Any) -> int:
    """The total that a list reports. The response may contain only some of the entries."""
    return int(response.get("details", {}).get("totalResult", 0))


def _alike_entries(recorded: list[Any], entries: list[Any]) -> list[Any]:
    """Returns the entries that match the recorded ones, in the same order."""
    rest = iter(entries)
    found: list[Any] = []
    for before in recorded:
        found += next(([entry] for entry in rest if not any(differences(before, entry))), [])
    return found


def _without_the_servers(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_the_servers(part) for name, part in value.items() if name not in _OF_THE_SERVER
        }
    return [_without_the_servers(part) for part in value] if isinstance(value, list) else value


def _shown(value: Any, place: str) -> str:
    text = repr(_masked(value, place.rpartition(".")[2]))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _masked(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _masked(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, name) for part in value]
    return "…" if name in _SECRETS and value not in _PLACEHOLDERS else value


def _matches(pattern: str) -> Callable[[Any], bool]:
    expression = re.compile(pattern)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _is_unix_time(value: Any) -> bool:
    return (
        type(value) is int and 1_500_000_000 < value <= 253_402_300_799
    )  # the end of the year 9999: does not expire


def _is_jwks(value: Any) -> bool:
    keys = value.get("keys", []) if isinstance(value, dict) else []
    return len(keys) > 0 and all({"kty", "kid", "alg", "use"} <= key.keys() for key in keys)


_OF_THE_SERVER = {"version", "domains"}
_SECRETS = {"access_token", "clientSecret", "id_token", "keyContent", "keyDetails", "token"}
_PLACEHOLDERS: Mapping[str, Callable[[Any], bool]] = {
    "<id>": _matches(r"[\w-]*\d[\w-]*"),
    "<timestamp>": _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"),
    "<sequence>": _matches(r"[1-9]\d*"),
    "<secret>": _matches(r"\S{8,}"),
    "<unix time>": _is_unix_time,
    "<domain>": _matches(r"[\w-]+(\.[\w-]+)+"),
    "<jwks>": _is_jwks,
}
