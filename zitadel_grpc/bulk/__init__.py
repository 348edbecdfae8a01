"""Calls one RPC for many requests, with bounded concurrency and memory. Interrupted runs can be resumed.

    from zitadel_grpc import bulk

    async for outcome in bulk.run(client.user_v2.CreateUser, requests, resume="users.resume"):
        if outcome.error:
            print(outcome.index, outcome.error)

With a method of `Client`, use an ordinary `for` loop. `zitadel_grpc.bulk.dask` runs on several machines.
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

from zitadel_grpc import _compat
from zitadel_grpc._misplaced import shown_number
from zitadel_grpc._transport.base_channel import BaseMethod
from zitadel_grpc.bulk import _aio, _threads
from zitadel_grpc.bulk._outcome import Outcome, RequestT, ResponseT
from zitadel_grpc.bulk._resume import ResumeFileError
from zitadel_grpc.bulk._run import Progress, Run, TooManyFailures
from zitadel_grpc.errors import ConfigurationError

__all__ = ["Outcome", "Progress", "ResumeFileError", "TooManyFailures", "run"]


@overload
def run(  # type: ignore[overload-overlap] # an awaitable matches ResponseT too
    method: Callable[[RequestT], Awaitable[ResponseT]],
    requests: AsyncIterable[RequestT] | Iterable[RequestT],
    *,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
    stop_after_failures: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    total: int | None = None,
) -> AsyncGenerator[Outcome[RequestT, ResponseT], None]: ...
@overload
def run(
    method: Callable[[RequestT], ResponseT],
    requests: Iterable[RequestT],
    *,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
    stop_after_failures: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    total: int | None = None,
) -> Generator[Outcome[RequestT, ResponseT], None, None]: ...
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
    """Calls `method` with each request and yields an `Outcome` per request, in the order in which calls end.

    At most `concurrency` requests have been read and not yet processed by your loop. A slow loop therefore
    slows down reading, and memory use does not depend on the number of requests. A run sends each request
    once: a failure is an outcome, and `Outcome.may_have_applied` says whether a retry is safe.

    Leaving the loop ends the run. An asynchronous run cancels the calls in progress; `contextlib.aclosing`
    waits until that is done. A synchronous run waits for them to end.

    Args:
        method: A method of a stub, or a function of one request. An asynchronous function must be an
            `async def`. Calls use the client's timeout; `functools.partial(method, timeout=5)` sets another.
        requests: Read one by one. In an asynchronous run they are read in the event loop. In a synchronous
            run they are read in the caller's thread, which cannot yield outcomes meanwhile. Messages are
            copied, so the iterable can reuse one.
        concurrency: Maximum number of calls in progress, and of threads in a synchronous run.
        resume: Path of the resume file, created if it does not exist. Interrupted runs resume where they
            stopped, even after a crash: run again with the same file and the same requests in the same order.
            A request is complete when it succeeded and your loop has asked for the next outcome.
        job: Identifies the job together with the RPC. A resume file of another job is refused. A digest of
            the input is a good value.
        stop_after_failures: After this many failures, send no more requests, yield the outcomes of the calls
            in progress, and raise TooManyFailures.
        progress: Called at most four times per second and at the end, in the thread of the loop.
        total: Number of requests, for `progress`. Default: `len(requests)`, if it has a length.

    Raises:
        ConfigurationError: An argument is invalid. Also raised from the loop if `method` returns a future, a
            generator or an awaitable instead of a response.
        ResumeFileError: From the loop: the resume file is in use, belongs to another job, or cannot be used.
        TooManyFailures: From the loop: see `stop_after_failures`.
        CredentialsError, ClosedError: From the loop: all other requests would fail too.

    Any other exception of a call, except a gRPC status or a TokenEndpointError, also ends the run, even
    SystemExit or KeyboardInterrupt. So does an exception of `requests`. It is raised from the loop, after the
    outcomes of the calls in progress. In the resume file, the failed request remains marked as sent.
    """
    _check_arguments(method, requests, resume, job, progress)
    _check_count("concurrency", concurrency)
    if stop_after_failures is not None:
        _check_count("stop_after_failures", stop_after_failures)
    rpc = _name_of(method)
    known_total = len(requests) if total is None and hasattr(requests, "__len__") else total
    state = Run[Any, Any](method, rpc, concurrency, known_total, progress, stop_after_failures, resume, job)
    if _is_async(method):
        return _aio.outcomes(state, requests)
    if isinstance(requests, AsyncIterable):
        raise ConfigurationError(
            f"requests must be an ordinary iterable, not {type(requests).__name__}: {rpc} is synchronous"
        )
    return _threads.outcomes(state, requests)


def _check_arguments(method: object, requests: object, resume: object, job: object, progress: object) -> None:
    if not callable(method):
        raise ConfigurationError(
            f"method must be a function, such as client.user_v2.CreateUser, not {_kind(method)}"
        )
    if not isinstance(requests, AsyncIterable) and not _is_iterable(requests):
        raise ConfigurationError(f"requests must be an iterable of requests, not {_kind(requests)}")
    if not isinstance(resume, str | os.PathLike | None):
        raise ConfigurationError(f"resume must be a path, not {_kind(resume)}")
    if not isinstance(job, str):
        raise ConfigurationError(f"job must be a string, not {_kind(job)}")
    if progress is not None and not callable(progress):
        raise ConfigurationError(f"progress must be a function that takes a Progress, not {_kind(progress)}")


def _check_count(name: str, count: object) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ConfigurationError(f"{name} must be a positive integer, not {shown_number(count)}")


def _is_iterable(value: object) -> bool:
    return hasattr(value, "__iter__") or hasattr(value, "__getitem__")  # see `iter`


def _kind(value: object) -> str:
    return type(value).__name__


def _is_async(method: Any) -> bool:
    while isinstance(method, functools.partial):
        method = method.func
    return isinstance(method, grpc.aio.UnaryUnaryMultiCallable) or inspect.iscoroutinefunction(method)


def _name_of(method: Any) -> str:
    """The full name of the RPC, or the name of the function."""
    while isinstance(method, functools.partial):
        method = method.func
    if rpc := getattr(method, "rpc", None):
        if isinstance(method, BaseMethod):
            # Here, at the caller's line: the run calls the method from tasks or threads.
            method.warn_if_deprecated()
        return str(rpc)
    if path := _compat.rpc_path(method):  # a stub on a plain gRPC channel
        return path.lstrip("/")
    return str(getattr(method, "__qualname__", type(method).__qualname__))
