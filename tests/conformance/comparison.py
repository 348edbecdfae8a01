"""Compares a response with the recorded one: all fields, and the values that can be equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_SHOWN = 160  # maximum number of characters of a value


def differences(recorded: Any, response: Any, place: str = "") -> Iterator[str]:
    """Lists how a response differs from the recorded one. An additional field is a difference."""
    if isinstance(recorded, str) and recorded in _PLACEHOLDERS:
        if not _PLACEHOLDERS[recorded](response):
            yield f"{place} is {_shown(response, place)}, which is not a {recorded}"
    elif isinstance(recorded, dict) and isinstance(response, dict):
        for name in {**recorded, **response}:
            inside = f"{place}.{name}" if place else name
            if name not in response:
                yield f"{inside} is missing, but was recorded as {_shown(recorded[name], inside)}"
            elif name not in recorded:
                yield f"{inside} is {_shown(response[name], inside)}, but was not recorded"
            else:
                yield from differences(recorded[name], response[name], inside)
    elif isinstance(recorded, list) and isinstance(response, list) and len(recorded) == len(response):
        for index, (before, now) in enumerate(zip(recorded, response, strict=True)):
            yield from differences(before, now, f"{place}[{index}]")
    elif type(recorded) is not type(response) or recorded != response:
        yield f"{place} is {_shown(response, place)}, but was recorded as {_shown(recorded, place)}"


def without_unrelated_data(
    request: Mapping[str, Any], recorded: dict[str, Any], response: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Removes data that may differ on a shared server from both responses.

    That is the server's version and domains and, in lists without a filter, the entries that differ from the
    recorded ones. Lists with a limit are reduced to their number of entries.
    """
    recorded, response = _without_server_data(recorded), _without_server_data(response)
    before, now = recorded.get("response", {}), response.get("response", {})
    query = request.get("request", {})
    if query.keys() <= {"query"} and 0 < _total(before) <= _total(now):
        now["details"]["totalResult"] = before["details"]["totalResult"]
        entries = now.get("result", [])
        if query:
            before["result"], now["result"] = len(before["result"]), len(entries)
        else:
            now["result"] = _matching_entries(before["result"], entries)
    return recorded, response


def _total(response: Any) -> int:
    """The total that a list reports. The response may contain only some of the entries."""
    return int(response.get("details", {}).get("totalResult", 0))


def _matching_entries(recorded: list[Any], entries: list[Any]) -> list[Any]:
    """Returns the entries that match the recorded ones, in the same order."""
    rest = iter(entries)
    found: list[Any] = []
    for before in recorded:
        found += next(([entry] for entry in rest if not any(differences(before, entry))), [])
    return found


def _without_server_data(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_server_data(part) for name, part in value.items() if name not in _OF_THE_SERVER
        }
    return [_without_server_data(part) for part in value] if isinstance(value, list) else value


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
