"""Small files that hold a key or a token."""

from __future__ import annotations

import json
import os

from zitadel_grpc import _file_content
from zitadel_grpc._misplaced import is_key_text, is_path, shown_path
from zitadel_grpc.errors import CredentialsError

_SIZE_LIMIT = 1 << 16  # bytes
_ADVICE = (
    ". If this is the token or key itself, use PersonalAccessToken(token) or ZITADEL_SERVICE_USER_TOKEN, "
    "from_json or ZITADEL_KEY_JSON"
)


class SecretFile:
    """A file that is read again each time, so that a new key or token in it is used; a pipe, such as
    `<(sops -d key.json)`, can be read once only, and its content is kept.

    `str()` is its path for errors, unless the path may be the secret itself.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            raise CredentialsError(f"a path must be a str or os.PathLike, not a {type(path).__name__}")
        self._path = os.fsdecode(path)
        self._kept: str | None = None

    def __str__(self) -> str:
        return shown_path(self._path)

    __repr__ = __str__

    def read(self) -> str:
        """The text, UTF-8 or UTF-16. Raises CredentialsError that names the file."""
        if self._kept is not None:
            return self._kept
        if is_key_text(self._path):
            raise CredentialsError(
                "the path of a key file was expected, and this looks like the key itself: use from_json or "
                "ZITADEL_KEY_JSON, or for a PEM key SystemUser(user_id, private_key)"
            )
        try:
            content, is_pipe = _file_content.read(self._path, _SIZE_LIMIT)
        except TimeoutError:
            fault = f"is a pipe, and nothing came from it within {_file_content.PIPE_TIMEOUT:g} s"
        except OSError as error:
            fault = f"cannot be read ({error.strerror})"
        except ValueError:
            fault = "is not a path"
        else:
            text = _decoded(content)
            if len(content) > _SIZE_LIMIT:
                fault = f"is larger than {_SIZE_LIMIT} bytes"
            elif text is None:
                fault = "is not text"
            else:
                self._kept = text if is_pipe else None
                return text
        advice = "" if is_path(self._path) else _ADVICE
        raise CredentialsError(f"{self} {fault}{advice}")


def _decoded(content: bytes) -> str | None:
    """UTF-8, or what Windows writes: UTF-16, with or without a byte order mark."""
    try:
        return content.decode(json.detect_encoding(content))
    except ValueError:
        return None
