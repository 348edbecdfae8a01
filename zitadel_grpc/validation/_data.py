"""The rules of the generated stubs. `make protos` writes them to zitadel_grpc/api/_rules.json."""

import functools
import json
import pkgutil
from collections.abc import Mapping
from typing import Any, NamedTuple


class _Data(NamedTuple):
    rules: list[dict[str, Any]]
    """The distinct rules."""
    fields: dict[str, dict[str, int]]
    """Index in `rules`, by full name of the message and number of the field."""
    required_oneofs: dict[str, list[str]]


def field_rules(message: str, number: int) -> Mapping[str, Any]:
    """The `validate.rules` of a field: `{"string": {"min_len": 1, "max_len": 200}}`. Empty if there are
    none."""
    loaded = _load()
    index = loaded.fields.get(message, {}).get(str(number))
    return {} if index is None else loaded.rules[index]


def required_oneofs(message: str) -> list[str]:
    """The names of the message's oneofs that must be set."""
    return _load().required_oneofs.get(message, [])


@functools.cache
def _load() -> _Data:
    data = pkgutil.get_data("zitadel_grpc.api", "_rules.json")
    assert data is not None  # None is for loaders that cannot read files
    return _Data(**json.loads(data))
