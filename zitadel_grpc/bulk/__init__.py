"""One RPC over very many requests: so many at a time, results as they come, to be gone on with after a crash.

    from zitadel_grpc import bulk

    async for outcome in bulk.run(client.management.ImportHumanUser, requests, resume="import.resume"):
        if outcome.error:
            print(outcome.index, outcome.error)

With a method of `Client` the same in a `for` loop. `zitadel_grpc.bulk.dask` is for more than one machine.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Generator,
    Iterable,
)
from typing import Any, overload

import grpc.aio

from zitadel_grpc._misplaced import shown_number
from zitadel_grpc.bulk import _aio, _threads
from zitadel_grpc.bulk._job import Job, Progress, TooManyFailures
from zitadel_grpc.bulk._outcome import Outcome, Request, Response
from zitadel_grpc.bulk._resume import ResumeFileError
from zitadel_grpc.errors import ConfigurationError

__all__ = ["Outcome", "Progress", "ResumeFileError", "TooManyFailures", "run"]


@overload
def run(  # type: ignore[overload-overlap] # what is awaitable is a response too
    method: Callable[[Request], Awaitable[Response]],
    requests: AsyncIterable[Request] | Iterable[Request],
    *,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
    stop_after_failures: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    total: int | None = None,
) -> AsyncGenerator[Outcome[Request, Response], None]: ...
@overload
def run(
    method: Callable[[Request], Response],
    requests: Iterable[Request],
    *,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
    stop_after_failures: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    total: int | None = None,
) -> Generator[Outcome[Request, Response], None, None]: ...
def run(
    method: Callable[[Any], Any],
    requests: Any,
    *,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
    stop_after_failures: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    total: int | None = None,
) -> Any:
    """Calls `method` with each of `requests`, and gives an `Outcome` for each, as they end.

    Never more than `concurrency` requests are read and not yet dealt with by the loop: a slow loop slows the
    reading, and memory does not grow with the number of requests. Leaving the loop ends the run: an async one
    cancels the calls under way (a moment later; `contextlib.aclosing` waits for it), a sync one waits for
    them, as long as their deadlines allow. A run sends nothing twice: a failure is an outcome, and
    `may_have_applied` says if it is safe to try again.

    Args:
        method: Of a stub, async or sync; or a function of one request (an async one: `async def`). A
            call's deadline is the client's; `functools.partial(method, timeout=5)` sets another.
        requests: Read one at a time, in the event loop; in the sync case in the caller's thread, where an
            outcome can come only between two reads. One message may be filled again for each: it is copied.
        concurrency: How many calls are made at a time; as many threads in the sync case.
        resume: A file that keeps account of what is done, made if it is not there. A later run with it, and
            with the same requests in the same order, leaves those out. A request counts as done when its
            outcome was a response and the loop has asked for the next one.
        job: What else, beside the RPC, tells this job from others: the resume file of another is refused.
            Best a digest of the input.
        stop_after_failures: After so many no more are sent, those under way are told, and TooManyFailures is
            raised.
        progress: Called at most four times a second, and at the end, in the loop's own thread.
        total: How many requests there are, for `progress`; known by itself if they have a length.

    Raises:
        ConfigurationError: At once.
        ResumeFileError: From the loop, as all below: the file is another job's, in use, or cannot be used.
        TooManyFailures: See above.
        CredentialsError, ClosedError: They would fail all requests: no more are sent. So with any exception
            that is neither a status of gRPC nor a TokenEndpointError (SystemExit and KeyboardInterrupt too),
            and with what `requests` raises. The resume file keeps the call that raised it as sent. So too
            when `method` returns a future, a generator or an awaitable in place of a response.
    """
    numbers = {"concurrency": concurrency}
    if stop_after_failures is not None:
        numbers["stop_after_failures"] = stop_after_failures
    for name, number in numbers.items():
        if not isinstance(number, int) or number < 1:
            raise ConfigurationError(f"{name} must be a positive whole number, not {shown_number(number)}")
    rpc = _name_of(method)
    known_total = len(requests) if total is None and hasattr(requests, "__len__") else total
    account = Job[Any, Any](method, rpc, concurrency, known_total, progress, stop_after_failures, resume, job)
    if _is_async(method):
        return _aio.stream(account, requests)
    if isinstance(requests, AsyncIterable):
        raise ConfigurationError(f"{rpc} is not asynchronous, so its requests must be an ordinary iterable")
    return _threads.stream(account, requests)


def _is_async(method: Any) -> bool:
    while isinstance(method, functools.partial):
        method = method.func
    return isinstance(method, grpc.aio.UnaryUnaryMultiCallable) or inspect.iscoroutinefunction(method)


def _name_of(method: Any) -> str:
    """The RPC's full name; of other functions theirs."""
    while isinstance(method, functools.partial):
        method = method.func
    if rpc := getattr(method, "rpc", None):
        if warn := getattr(method, "warn_if_deprecated", None):
            warn()  # here, at the line of the caller: the run calls the method from tasks or threads
        return str(rpc)
    if isinstance(path := getattr(method, "_method", None), bytes):  # gRPC's own, of another channel's stub
        return path.decode().lstrip("/")
    return str(getattr(method, "__qualname__", type(method).__qualname__))
