"""The rules of the protobufs that the stubs were made of, as `make protos` left them in zitadel_grpc/api."""

import functools
import json
import pkgutil
from collections.abc import Mapping
from typing import Any, NamedTuple


class _Data(NamedTuple):
    rules: list[dict[str, Any]]
    """Each rule that there is, once."""
    fields: dict[str, dict[str, int]]
    """By the full name of a message and the number of a field: the index of its rule."""
    required_oneofs: dict[str, list[str]]


def field_rules(message: str, number: int) -> Mapping[str, Any]:
    """The `validate.rules` of a field: `{"string": {"min_len": 1, "max_len": 200}}`, or nothing."""
    loaded = _load()
    index = loaded.fields.get(message, {}).get(str(number))
    return {} if index is None else loaded.rules[index]


def required_oneofs(message: str) -> list[str]:
    """The names of the message's oneofs of which one member has to be set."""
    return _load().required_oneofs.get(message, [])


@functools.cache
def _load() -> _Data:
    data = pkgutil.get_data("zitadel_grpc.api", "_rules.json")
    assert data is not None  # the package's loader reads files, or could not have loaded the package
    return _Data(**json.loads(data))
