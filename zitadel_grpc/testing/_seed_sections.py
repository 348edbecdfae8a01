"""What a seed file has where: YAML, read by the kinds of values that are wanted in each place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from zitadel_grpc.testing._seeding import SeedError

try:
    import yaml
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "seed files need PyYAML: pip install 'zitadel-grpc[testing]'", name=error.name
    ) from None


_SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))
_QUOTED = re.compile(r"""(['"])(?!<).{3,}\1""")
"""In PyYAML's words for a fault; `'<scalar>'` and the like are its own."""


class Section:
    """A mapping in a seed file. Its methods take a key's value; SeedErrors name file and place."""

    def __init__(self, path: Path, place: str, value: object) -> None:
        self._path = path
        self.place = place
        if not isinstance(value, dict):
            raise self._error("", "give keys and values here, such as `name: Acme`")
        self._values: dict[Any, Any] = value
        self._taken: list[str] = []

    def has(self, key: str) -> bool:
        self._taken.append(key)
        return key in self._values

    def text(self, key: str) -> str:
        """A text that has to be there."""
        if not self.has(key):
            raise self._error("", f"give it a key `{key}`")
        return self._text(key, self._values[key])

    def flag(self, key: str) -> bool:
        """False if it is not there."""
        value = self._values[key] if self.has(key) else False
        if not isinstance(value, bool):
            raise self._error(key, "must be true or false")
        return value

    def texts(self, key: str) -> list[str]:
        """A list, empty if it is not there."""
        return self._texts(key, self._values[key] if self.has(key) else [])

    def texts_by_name(self, key: str) -> dict[str, list[str]]:
        """A mapping of names to lists, empty if it is not there."""
        values = self._values[key] if self.has(key) else {}
        if not isinstance(values, dict):
            raise self._error(key, "must be names with lists, such as `{ann: [reader]}`")
        return {self._text(key, name): self._texts(f"{key}.{name}", texts) for name, texts in values.items()}

    def sections(self, key: str) -> list[Section]:
        """A list of mappings, empty if it is not there."""
        values = self._values[key] if self.has(key) else []
        if not isinstance(values, list):
            raise self._error(key, "must be a list: begin each entry with `- `")
        return [
            Section(self._path, self._inside(f"{key}[{index}]"), value) for index, value in enumerate(values)
        ]

    def end(self) -> None:
        """Raises SeedError for a key that nobody has asked for."""
        for key in self._values:
            if key not in self._taken:
                near = difflib.get_close_matches(str(key), self._taken, 1)
                mend = f"do you mean {near[0]}?" if near else f"there are {', '.join(self._taken)}"
                # Of a text with blanks only the first word: it may be a password without its colon.
                first, *more = str(key).split(maxsplit=1) or [""]
                raise self._error(f"{first} …" if more else first, f"is no key of a seed file here; {mend}")

    def _text(self, key: str, value: object) -> str:
        if isinstance(value, str) and value.strip():
            if not _SURROGATES.isdisjoint(value):
                raise self._error(key, "must be a text, half a surrogate pair is none")
            return value
        if value is None or isinstance(value, str):
            raise self._error(key, "give it a text, it is empty")
        # The value is not told: it may be a password.
        is_word = not isinstance(value, dict | list)
        raise self._error(key, "must be a text: write it in quotes" if is_word else "must be a text")

    def _texts(self, key: str, values: object) -> list[str]:
        if not isinstance(values, list):
            raise self._error(key, "must be a list of texts, such as `[reader, writer]`")
        return [self._text(f"{key}[{index}]", value) for index, value in enumerate(values)]

    def _inside(self, key: str) -> str:
        return ".".join(filter(None, (self.place, key)))

    def _error(self, key: str, text: str) -> SeedError:
        place = self._inside(key)
        return SeedError(f"{self._path}: {place}: {text}" if place else f"{self._path}: {text}")


def read(path: Path) -> Section:
    """The whole file. Raises SeedError."""
    try:
        with path.open(encoding="utf-8") as file:
            document = yaml.load(file, _Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise SeedError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SeedError(f"{path} cannot be read: it is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        # What stands in quotes is the file's, and may be a password: `*secret` is an unknown alias.
        problem = error.problem or ""
        if not isinstance(error, _Fault):
            problem = _QUOTED.sub(r"\1…\1", problem) + "; write texts with special signs in quotes"
        raise SeedError(f"{where}: is no YAML: {problem}") from None
    except yaml.YAMLError as error:
        raise SeedError(f"{path}: is no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise SeedError(f"{path}: is nested more deeply than any seed file") from None
    return Section(path, "", {} if document is None else document)


class _Fault(yaml.MarkedYAMLError):
    """One that PyYAML does not find; its words are fit to be shown."""


class _Loader(yaml.SafeLoader):
    """YAML forbids a key that is there twice; PyYAML would take the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        if not isinstance(node, yaml.MappingNode):
            raise _Fault(problem="here is no mapping", problem_mark=node.start_mark)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Fault(problem="keys have to be texts", problem_mark=key.start_mark)
            if key.value in seen:
                raise _Fault(problem=f"{key.value} is there twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:  # such as a date in month 13
            raise _Fault(
                problem="this looks like a number or a date, and is none: write texts in quotes",
                problem_mark=node.start_mark,
            ) from None
