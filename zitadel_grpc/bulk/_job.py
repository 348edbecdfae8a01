"""One run of an RPC over many requests, apart from how it waits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple

import grpc
from google.protobuf.message import Message

from zitadel_grpc import _pending
from zitadel_grpc._transport.grpc_errors import from_grpc_error
from zitadel_grpc.bulk._outcome import Outcome, Request, Response
from zitadel_grpc.bulk._resume import DONE, FAILED, SENT, UNSURE, ResumeFile
from zitadel_grpc.errors import ConfigurationError, RpcError, TokenEndpointError, ZitadelError

_PROGRESS_EVERY = 0.25  # seconds, at the least


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: of this run, but for `skipped`."""

    done: int
    failed: int
    skipped: int
    """Done by earlier runs, so says the resume file."""
    total: int | None
    """Of all requests; None: not known."""


class TooManyFailures(ZitadelError):
    """The run stopped after as many failures as it was told to; the last one is the cause."""


class Ticket(NamedTuple):
    """A request on its way."""

    number: int
    request: Any
    previously_sent: bool


@dataclass
class Job(Generic[Request, Response]):
    """Numbers the requests, leaves out those that are done, and keeps account of the others."""

    method: Callable[[Request], Any]
    rpc: str
    concurrency: int
    total: int | None
    progress: Callable[[Progress], object] | None
    stop_after_failures: int | None
    resume: str | os.PathLike[str] | None
    job: str

    def __post_init__(self) -> None:
        self.error: BaseException | None = None
        """What ends the run: no further request is sent, those under way are told, then it is raised."""
        self._next_index = 0
        self._done = self._failed = self._skipped = 0
        self._file: ResumeFile | None = None
        self._progress_at = 0.0

    def __enter__(self) -> None:
        if self.resume is not None:
            self._file = ResumeFile(self.resume, self.rpc, self.job)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def admit(self, request: Request) -> Ticket | None:
        """Takes the next request, to be sent now; None if it is done."""
        index = self._next_index
        self._next_index += 1
        previously_sent = False
        if self._file is not None:
            state = self._file.state(index)
            if state == DONE:
                self._skipped += 1
                self._tell_progress()
                return None
            previously_sent = state in (SENT, UNSURE)
            self._file.note(index, SENT)
        return Ticket(index, _own(request), previously_sent)

    def responded(self, ticket: Ticket, response: Response) -> Outcome[Request, Response]:
        """Raises ConfigurationError for what only stands for a response."""
        if not isinstance(response, Message) and _pending.is_pending(response):
            _pending.discard(response)
            raise ConfigurationError(
                f"{self.rpc} returned a {type(response).__name__}, which is not a response yet and must be "
                "awaited: pass a method of a client's services, or a function that waits for its response "
                "and returns it (an `async def` with `async for`)"
            )
        return Outcome(ticket.number, ticket.request, None, ticket.previously_sent, response)

    def failed(self, ticket: Ticket, error: BaseException) -> Outcome[Request, Response] | None:
        """None if it was no failure of this request, but one that ends the run."""
        if isinstance(error, grpc.Call | grpc.aio.AioRpcError):
            error = from_grpc_error(error, self.rpc)  # grpc's own, where the stub is on another channel
        if isinstance(error, RpcError | TokenEndpointError):
            return Outcome(ticket.number, ticket.request, error, ticket.previously_sent, None)
        self.error = self.error or error
        return None

    def consumed(self, outcome: Outcome[Request, Response]) -> None:
        """Only now is it noted: what the user's loop has not dealt with, a later run shall tell again."""
        if outcome.error is None:
            self._done += 1
        else:
            self._failed += 1
            if self._failed == self.stop_after_failures and self.error is None:
                self.error = TooManyFailures(f"stopped after {self._failed} failures")
                self.error.__cause__ = outcome.error
        if self._file is not None:
            failure = UNSURE if outcome.may_have_applied or outcome.previously_sent else FAILED
            self._file.note(outcome.index, DONE if outcome.error is None else failure)
        self._tell_progress()

    def end(self) -> None:
        """All outcomes are consumed. Raises what ended the run early."""
        self._tell_progress(last=True)
        if self.error is not None:
            raise self.error

    def _tell_progress(self, *, last: bool = False) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        if last or now >= self._progress_at:
            self._progress_at = now + _PROGRESS_EVERY
            self.progress(Progress(self._done, self._failed, self._skipped, self.total))


def _own(request: Any) -> Any:
    """A copy of a message: the iterable may go on to fill the same one again."""
    if not isinstance(request, Message):
        return request
    own = type(request)()
    own.CopyFrom(request)
    return own
