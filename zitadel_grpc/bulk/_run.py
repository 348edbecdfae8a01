"""The state of one bulk run. It does not wait; `_aio` and `_threads` drive it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

import grpc
from google.protobuf.message import Message

from zitadel_grpc import _pending
from zitadel_grpc._transport.failures import from_grpc_error
from zitadel_grpc.bulk._outcome import Outcome, RequestT, ResponseT
from zitadel_grpc.bulk._resume import MAY_HAVE_APPLIED, NOT_APPLIED, SENT, SUCCEEDED, ResumeFile
from zitadel_grpc.errors import ConfigurationError, RpcError, TokenEndpointError, ZitadelError

_PROGRESS_INTERVAL = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run."""

    succeeded: int
    """Requests that succeeded in this run."""
    failed: int
    """Requests that failed in this run."""
    skipped: int
    """Requests that succeeded in earlier runs, according to the resume file."""
    total: int | None
    """Number of all requests, if known."""


class TooManyFailures(ZitadelError):
    """The run stopped after `stop_after_failures` failures. The last one is the `__cause__`."""

    __module__ = "zitadel_grpc.bulk"


@dataclass(slots=True)
class Attempt:
    """A request to send."""

    index: int
    request: Any
    previously_sent: bool


@dataclass
class Run(Generic[RequestT, ResponseT]):
    """Numbers the requests, skips those that succeeded before, and records the outcomes of the others."""

    method: Callable[[RequestT], Any]
    rpc: str
    concurrency: int
    total: int | None
    progress: Callable[[Progress], object] | None
    stop_after_failures: int | None
    resume: str | os.PathLike[str] | None
    job: str

    def __post_init__(self) -> None:
        self.error: BaseException | None = None
        """Once set, no more requests are sent. It is raised after the outcomes of the calls in progress."""
        self._next_index = 0
        self._succeeded = self._failed = self._skipped = 0
        self._file: ResumeFile | None = None
        self._next_progress = 0.0

    def __enter__(self) -> None:
        if self.resume is not None:
            self._file = ResumeFile(self.resume, self.rpc, self.job)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def start(self, request: RequestT) -> Attempt | None:
        """Takes the next request, which must be sent now. None: an earlier run succeeded with it."""
        index = self._next_index
        self._next_index += 1
        previously_sent = False
        if self._file is not None:
            state = self._file.state(index)
            if state == SUCCEEDED:
                self._skipped += 1
                self._report_progress()
                return None
            previously_sent = state in (SENT, MAY_HAVE_APPLIED)
            self._file.record(index, SENT)
        return Attempt(index, _copy(request), previously_sent)

    def succeeded(self, attempt: Attempt, response: ResponseT) -> Outcome[RequestT, ResponseT]:
        """Raises ConfigurationError if `response` is a coroutine or a future instead."""
        if not isinstance(response, Message) and _pending.is_pending(response):
            _pending.discard(response)
            raise ConfigurationError(
                f"{self.rpc} returned {type(response).__name__}, not a response. Pass a method of a client's "
                "services, a function that returns a response, or an `async def` function that awaits one"
            )
        return Outcome(attempt.index, attempt.request, None, attempt.previously_sent, response)

    def failed(self, attempt: Attempt, error: BaseException) -> Outcome[RequestT, ResponseT] | None:
        """None if the error ends the run instead of being the outcome of this request."""
        if isinstance(error, grpc.Call | grpc.aio.AioRpcError):
            error = from_grpc_error(error, self.rpc)  # raised by a stub on a channel of another client
        if isinstance(error, RpcError | TokenEndpointError):
            return Outcome(attempt.index, attempt.request, error, attempt.previously_sent, None)
        self.error = self.error or error
        return None

    def consumed(self, outcome: Outcome[RequestT, ResponseT]) -> None:
        """Records an outcome after the user's loop has processed it. A later run repeats all others."""
        if outcome.error is None:
            self._succeeded += 1
        else:
            self._failed += 1
            if self._failed == self.stop_after_failures and self.error is None:
                self.error = TooManyFailures(f"stopped after {self._failed} failures")
                self.error.__cause__ = outcome.error
        if self._file is not None:
            unsure = outcome.may_have_applied or outcome.previously_sent
            failure = MAY_HAVE_APPLIED if unsure else NOT_APPLIED
            self._file.record(outcome.index, SUCCEEDED if outcome.error is None else failure)
        self._report_progress()

    def finish(self) -> None:
        """Call this after the last outcome. Raises the error that ended the run early."""
        self._report_progress(last=True)
        if self.error is not None:
            raise self.error

    def _report_progress(self, *, last: bool = False) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        if last or now >= self._next_progress:
            self._next_progress = now + _PROGRESS_INTERVAL
            self.progress(Progress(self._succeeded, self._failed, self._skipped, self.total))


def _copy(request: Any) -> Any:
    """Copies a message, since the iterable may reuse it for the next request."""
    if not isinstance(request, Message):
        return request
    copy = type(request)()
    copy.CopyFrom(request)
    return copy
