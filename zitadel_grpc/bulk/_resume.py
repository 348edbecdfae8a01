"""The resume file: a header line that identifies the job, then one byte per request, at the request's index.

| byte | |
|---|---|
| `?` | sent, outcome unknown |
| `+` | succeeded |
| `-` | failed, certainly not applied |
| `!` | failed, but this or an earlier attempt may have applied |

Each update writes a single byte in place. The file is therefore valid whenever the process is killed, and its
size depends on the number of requests only. Requests in progress at that moment remain `?`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from zitadel_grpc.errors import ZitadelError

SENT, SUCCEEDED, NOT_APPLIED, MAY_HAVE_APPLIED = b"?+-!"

_MAX_HEADER = 64 * 1024
_BLOCK = 64 * 1024
_FORMAT = "zitadel_grpc.bulk"
_VERSION = 1


class ResumeFileError(ZitadelError):
    """The resume file is in use, belongs to another job, is not a resume file, or cannot be read or
    written."""

    __module__ = "zitadel_grpc.bulk"


class ResumeFile:
    """Open and locked against other runs and processes until `close`. Raises ResumeFileError.

    Read states in ascending order of their indexes: they are loaded in blocks.
    """

    def __init__(self, path: str | os.PathLike[str], rpc: str, job: str) -> None:
        self._path = Path(path)
        self._header = (json.dumps({_FORMAT: _VERSION, "rpc": rpc, "job": job}) + "\n").encode()
        self._block, self._block_start = b"", 0
        self._all_read = False
        try:
            import fcntl  # not at the top: runs without a resume file work on systems without it
        except ImportError:
            raise ResumeFileError("resume files require flock, which this system does not have") from None
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._cannot("be opened", error) from None
        try:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ResumeFileError(
                    f"{self._path} is in use by another run; wait for it to end, or use another file"
                ) from None
            self._check_or_write_header()
        except BaseException as error:
            os.close(self._file)
            if isinstance(error, OSError):
                raise self._cannot("be read or written", error) from None
            raise

    def _check_or_write_header(self) -> None:
        content = os.pread(self._file, _MAX_HEADER, 0)
        if content.startswith(self._header):
            return
        if not self._header.startswith(content):
            raise self._mismatch(content)
        os.pwrite(self._file, self._header, 0)  # a new file, or a run killed while it wrote the header

    def _mismatch(self, content: bytes) -> ResumeFileError:
        try:
            found = json.loads(content.partition(b"\n")[0])
            version, rpc, job = found[_FORMAT], found["rpc"], found["job"]
        except (ValueError, TypeError, LookupError):
            return ResumeFileError(f"{self._path} is not a resume file; use another path")
        if version != _VERSION:
            return ResumeFileError(
                f"{self._path} has version {version!r} of the format, not {_VERSION}; use another path"
            )
        expected = json.loads(self._header)
        return ResumeFileError(
            f"{self._path} belongs to another job: {_job_name(rpc, job)}, not "
            f"{_job_name(expected['rpc'], expected['job'])}. Use another path, or delete the file if that "
            "job is finished"
        )

    def state(self, index: int) -> int | None:
        """The state from earlier runs; None if they did not send this request."""
        if index - self._block_start >= len(self._block) and not self._all_read:
            try:
                self._block = os.pread(self._file, _BLOCK, len(self._header) + index)
            except OSError as error:
                raise self._cannot("be read", error) from None
            self._block_start = index
            self._all_read = not self._block
        position = index - self._block_start
        return self._block[position] or None if position < len(self._block) else None

    def record(self, index: int, state: int) -> None:
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


def _job_name(rpc: str, job: str) -> str:
    return f"{rpc} {job!r}" if job else rpc
