"""Typed access to the values of a seed file, with errors that name the file and the place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from zitadel_grpc.testing._seed_types import SeedError

try:
    import yaml
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "seed files require PyYAML: pip install 'zitadel-grpc[testing]'", name=error.name
    ) from None


_SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))
_QUOTED = re.compile(r"""(['"])(?!<).{3,}\1""")
"""Quoted text in PyYAML's error messages. `'<scalar>'` and similar are PyYAML's own words."""


class Section:
    """A mapping in a seed file.

    Each method reads the value of one key. Wrong values raise SeedError with the file and the place.
    """

    def __init__(self, path: Path, place: str, value: object) -> None:
        self._path = path
        self.place = place
        if not isinstance(value, dict):
            raise self._error("", "must be a mapping, such as `name: Acme`")
        self._values: dict[Any, Any] = value
        self._taken: list[str] = []

    def has(self, key: str) -> bool:
        self._taken.append(key)
        return key in self._values

    def text(self, key: str) -> str:
        """A required string."""
        if not self.has(key):
            raise self._error("", f"missing key `{key}`")
        return self._text(key, self._values[key])

    def flag(self, key: str) -> bool:
        """A boolean; False by default."""
        value = self._values[key] if self.has(key) else False
        if not isinstance(value, bool):
            raise self._error(key, "must be true or false")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of strings; empty by default."""
        return self._texts(key, self._values[key] if self.has(key) else [])

    def texts_by_name(self, key: str) -> dict[str, list[str]]:
        """A mapping of names to lists of strings; empty by default."""
        values = self._values[key] if self.has(key) else {}
        if not isinstance(values, dict):
            raise self._error(key, "must map names to lists, such as `{ann: [reader]}`")
        return {self._text(key, name): self._texts(f"{key}.{name}", texts) for name, texts in values.items()}

    def sections(self, key: str) -> list[Section]:
        """A list of mappings; empty by default."""
        values = self._values[key] if self.has(key) else []
        if not isinstance(values, list):
            raise self._error(key, "must be a list: start each entry with `- `")
        return [
            Section(self._path, self._inside(f"{key}[{index}]"), value) for index, value in enumerate(values)
        ]

    def end(self) -> None:
        """Raises SeedError for a key that was not read."""
        for key in self._values:
            if key not in self._taken:
                near = difflib.get_close_matches(str(key), self._taken, 1)
                hint = f"did you mean {near[0]}?" if near else f"must be one of {', '.join(self._taken)}"
                # Shows only the first word: the rest may be a password after a forgotten colon.
                first, *more = str(key).split(maxsplit=1) or [""]
                raise self._error(f"{first} …" if more else first, f"unknown key; {hint}")

    def _text(self, key: str, value: object) -> str:
        if isinstance(value, str) and value.strip():
            if not _SURROGATES.isdisjoint(value):
                raise self._error(key, "must not contain a lone surrogate")
            return value
        if value is None or isinstance(value, str):
            raise self._error(key, "must not be empty")
        # The message omits the value: it may be a password.
        is_scalar = not isinstance(value, dict | list)
        raise self._error(key, "must be a string: put it in quotes" if is_scalar else "must be a string")

    def _texts(self, key: str, values: object) -> list[str]:
        if not isinstance(values, list):
            raise self._error(key, "must be a list of strings, such as `[reader, writer]`")
        return [self._text(f"{key}[{index}]", value) for index, value in enumerate(values)]

    def _inside(self, key: str) -> str:
        return ".".join(filter(None, (self.place, key)))

    def _error(self, key: str, text: str) -> SeedError:
        place = self._inside(key)
        return SeedError(f"{self._path}: {place}: {text}" if place else f"{self._path}: {text}")


def read(path: Path) -> Section:
    """Reads the whole file. Raises SeedError."""
    try:
        with path.open(encoding="utf-8") as file:
            document = yaml.load(file, _Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise SeedError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SeedError(f"cannot read {path}: it is not encoded in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        # Quoted text comes from the file and may be a password: `*secret` is an unknown alias.
        problem = error.problem or ""
        if not isinstance(error, _SeedYamlError):
            problem = _QUOTED.sub(r"\1…\1", problem) + "; put strings with special characters in quotes"
        raise SeedError(f"{where}: invalid YAML: {problem}") from None
    except yaml.YAMLError as error:
        raise SeedError(f"{path}: invalid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise SeedError(f"{path}: invalid YAML: nested too deeply") from None
    return Section(path, "", {} if document is None else document)


class _SeedYamlError(yaml.MarkedYAMLError):
    """An error found by this module, not by PyYAML. Its text contains no value from the file."""


class _Loader(yaml.SafeLoader):
    """Rejects duplicate keys, as the YAML specification requires. PyYAML silently keeps the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        if not isinstance(node, yaml.MappingNode):
            raise _SeedYamlError(problem="expected a mapping", problem_mark=node.start_mark)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _SeedYamlError(problem="keys must be strings", problem_mark=key.start_mark)
            if key.value in seen:
                raise _SeedYamlError(problem=f"duplicate key {key.value}", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:  # such as a date in month 13
            raise _SeedYamlError(
                problem="looks like a number or a date, but is not a valid one; put strings in quotes",
                problem_mark=node.start_mark,
            ) from None
