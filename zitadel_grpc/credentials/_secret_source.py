"""Where a key or token comes from: given by the program once, or read from a file for each use."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from zitadel_grpc import _file_content
from zitadel_grpc._misplaced import is_key_text, is_path, shown_path
from zitadel_grpc.errors import CredentialsError

S = TypeVar("S")

_SIZE_LIMIT = 1 << 16  # bytes
_ADVICE = (
    ". If this is the token itself, use PersonalAccessToken(token) or ZITADEL_SERVICE_USER_TOKEN; if it is "
    "the key itself, use from_json or ZITADEL_KEY_JSON"
)


class SecretSource(Generic[S]):
    """Holds a parsed secret, or a file that is read and parsed at each use, so that a new key or token in it
    takes effect."""

    def __init__(self, load: Callable[[], S], file: SecretFile | None = None) -> None:
        self.load = load
        """Returns the secret. Raises CredentialsError, which names the file."""
        self.file = file

    @classmethod
    def given(cls, secret: S) -> Self:
        return cls(functools.partial(_same, secret))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], parse: Callable[[str, str], S]) -> Self:
        """`parse` gets the text and the name of the file for its errors."""
        file = SecretFile(path)
        return cls(functools.partial(_parsed, file, parse), file)


# Functions instead of lambdas: credentials can be pickled, for processes that are spawned.
def _same(secret: S) -> S:
    return secret


def _parsed(file: SecretFile, parse: Callable[[str, str], S]) -> S:
    return parse(file.read(), str(file))


class SecretFile:
    """A small text file that is read again each time. A pipe, such as `<(sops -d key.json)`, can be read only
    once, so its content is kept.

    `str()` is the path for errors, unless the path itself may be a secret.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            raise CredentialsError(f"a path must be a str or os.PathLike, not {type(path).__name__}")
        self._path = os.fsdecode(path)
        self._piped: str | None = None

    def __str__(self) -> str:
        return shown_path(self._path)

    __repr__ = __str__

    def read(self) -> str:
        """The text, UTF-8 or UTF-16. Raises CredentialsError, which names the file."""
        if self._piped is not None:
            return self._piped
        if is_key_text(self._path):
            raise CredentialsError(
                "the path of a key file looks like the key itself: use from_json or ZITADEL_KEY_JSON, or "
                "SystemUser(user_id, private_key) for a PEM key"
            )
        try:
            content, is_pipe = _file_content.read(self._path, _SIZE_LIMIT)
        except TimeoutError:
            problem = f"is a pipe and delivered nothing within {_file_content.PIPE_TIMEOUT:g} s"
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
        except ValueError:
            problem = "is not a valid path"
        else:
            text = _decoded(content)
            if len(content) > _SIZE_LIMIT:
                problem = f"is larger than {_SIZE_LIMIT} bytes"
            elif text is None:
                problem = "is not text"
            else:
                self._piped = text if is_pipe else None
                return text
        advice = "" if is_path(self._path) else _ADVICE
        raise CredentialsError(f"{self} {problem}{advice}")


def _decoded(content: bytes) -> str | None:
    """UTF-8, or what Windows writes: UTF-16, with or without a byte order mark."""
    import json  # imported here: a token that is passed as text does not need it

    try:
        return content.decode(json.detect_encoding(content))
    except ValueError:
        return None
