"""Scenarios: sequences of requests with the responses of a real ZITADEL server.

A scenario is a file with one JSON object per line: an `rpc` or `http` request, the response and, in `save`,
the values of the response that later steps need. `${name}` stands for a saved value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_RESPONSE_FIELDS = {
    "rpc": ("code", "details", "error_id", "detail_types", "response"),
    "http": ("status", "body"),
}
_REQUEST = {"rpc": ("request", "metadata", "as"), "http": ("form", "basic", "bearer")}
_PLACE = {"rpc": "response", "http": "body"}

DIRECTORY = Path(__file__).parent
SCENARIOS = sorted(DIRECTORY.glob("scenario-?.jsonl"))


class NotSaved(Exception):
    """A step needs a variable that no earlier response has saved."""


@dataclass(frozen=True)
class Step:
    number: int
    """The line in its file, starting at 1."""
    kind: str
    """`rpc` or `http`."""
    target: str
    """`zitadel.management.v1.ManagementService/GetMyOrg`, or `POST /oauth/v2/token`."""
    name: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    save: Mapping[str, str]
    pause: float
    """Seconds to wait before the step if the server is a real one."""

    @property
    def label(self) -> str:
        return f"{self.number} {self.target.rpartition('.')[2]}"

    def saved(self, response: Mapping[str, Any]) -> dict[str, str]:
        """Returns the variables that a response saves."""
        found: dict[str, str] = {}
        for variable, path in self.save.items():
            value: Any = response.get(_PLACE[self.kind])
            for part in path.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, str) and value:
                found[variable] = value
        return found


def load(path: Path) -> list[Step]:
    steps: list[Step] = []
    pause = 0.0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        entry = json.loads(line)
        if "sleep" in entry:
            pause += entry["sleep"]
            continue
        steps.append(_step(number, entry, pause))
        pause = 0.0
    return steps


def _step(number: int, entry: dict[str, Any], pause: float) -> Step:
    kind = "rpc" if "rpc" in entry else "http"
    known = {kind, "name", "save", *_REQUEST[kind], *_RESPONSE_FIELDS[kind]}
    if unknown := entry.keys() - known:
        raise ValueError(f"step {number} has unknown fields: {', '.join(sorted(unknown))}")
    return Step(
        number=number,
        kind=kind,
        target=entry[kind],
        name=entry.get("name", ""),
        request={name: entry[name] for name in _REQUEST[kind] if name in entry},
        response={name: entry[name] for name in _RESPONSE_FIELDS[kind] if name in entry},
        save=entry.get("save", {}),
        pause=pause,
    )


def fill(value: Any, variables: Mapping[str, Any]) -> Any:
    """Replaces variables in values and keys. Raises NotSaved."""
    return _replaced(value, lambda name: look_up(name, variables))


def fill_known(value: Any, variables: Mapping[str, Any]) -> Any:
    """The same, but unsaved variables stay `${name}`."""
    return _replaced(value, lambda name: variables.get(name, f"${{{name}}}"))


def look_up(name: str, variables: Mapping[str, Any]) -> Any:
    """Raises NotSaved."""
    if name not in variables:
        raise NotSaved(f"${{{name}}} was not saved")
    return variables[name]


def _replaced(value: Any, of: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: str(of(match[1])), value)
    if isinstance(value, dict):
        return {_replaced(key, of): _replaced(part, of) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, of) for part in value]
    return value
