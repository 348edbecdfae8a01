"""The resume file: one line that tells whose it is, then one byte a request, at its index.

| byte | |
|---|---|
| `?` | sent; what became of it is not known |
| `+` | done |
| `-` | failed, and surely not done |
| `!` | failed, and may have been done, now or by an earlier run |

So its length is bounded by the number of requests, each note is a single byte written in place, and a process
killed at any moment leaves a file that is right: what was under way stays `?`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from zitadel_grpc.errors import ZitadelError

SENT, DONE, FAILED, UNSURE = b"?+-!"

_LONGEST_HEADER = 64 * 1024
_BLOCK = 64 * 1024
_KIND = "zitadel_grpc.bulk"


class ResumeFileError(ZitadelError):
    """The resume file belongs to another job, is in use, is none, or cannot be read or written."""


class ResumeFile:
    """Open, and locked against other processes and runs, from `__init__` to `close`. States are asked for in
    the order of their indexes. Raises ResumeFileError."""

    def __init__(self, path: str | os.PathLike[str], rpc: str, job: str) -> None:
        self._path = Path(path)
        self._header = (json.dumps({_KIND: 1, "rpc": rpc, "job": job}) + "\n").encode()
        self._block, self._block_start = b"", 0
        self._all_read = False
        try:
            import fcntl  # here, so that bulk runs without resume file work where there is none
        except ImportError:
            raise ResumeFileError("resume files need flock, which this system does not have") from None
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._cannot("be opened", error) from None
        try:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ResumeFileError(
                    f"{self._path} is in use by another run: wait for its end, or give each its own file"
                ) from None
            self._begin()
        except BaseException as error:
            os.close(self._file)
            if isinstance(error, OSError):
                raise self._cannot("be read or written", error) from None
            raise

    def _begin(self) -> None:
        content = os.pread(self._file, _LONGEST_HEADER, 0)
        if content.startswith(self._header):
            return
        if not self._header.startswith(content):  # else it is new, or its first run was killed at once
            raise self._not_ours(content)
        os.pwrite(self._file, self._header, 0)

    def _not_ours(self, content: bytes) -> ResumeFileError:
        try:
            found = json.loads(content.partition(b"\n")[0])
            version, rpc, job = found[_KIND], found["rpc"], found["job"]
        except (ValueError, TypeError, LookupError):
            return ResumeFileError(f"{self._path} is no resume file: give another path")
        ours = json.loads(self._header)
        if version != ours[_KIND]:
            return ResumeFileError(f"{self._path} was written by another version of {_KIND}")
        return ResumeFileError(
            f"{self._path} belongs to another job, {_named(rpc, job)}; this one is "
            f"{_named(ours['rpc'], ours['job'])}: give another path, or remove the file if that job is over"
        )

    def state(self, index: int) -> int | None:
        """As it was noted by earlier runs; None: never sent."""
        if index - self._block_start >= len(self._block) and not self._all_read:
            try:
                self._block = os.pread(self._file, _BLOCK, len(self._header) + index)
            except OSError as error:
                raise self._cannot("be read", error) from None
            self._block_start = index
            self._all_read = not self._block
        position = index - self._block_start
        return self._block[position] or None if position < len(self._block) else None

    def note(self, index: int, state: int) -> None:
        try:
            os.pwrite(self._file, bytes((state,)), len(self._header) + index)
        except OSError as error:
            raise self._cannot("be written", error) from None

    def close(self) -> None:
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._cannot("be written", error) from None
        finally:
            os.close(self._file)

    def _cannot(self, what: str, error: OSError) -> ResumeFileError:
        return ResumeFileError(f"{self._path} cannot {what}: {error.strerror}")


def _named(rpc: str, job: str) -> str:
    return f"{rpc} {job!r}" if job else rpc
