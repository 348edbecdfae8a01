"""How the calls of one client wait: for the shared token, or before a retry. Closing the client ends its own
waits, and no others."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError

from zitadel_grpc.errors import ClosedError


class Waits:
    """The waits of one client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: set[Future[str]] = set()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        """Ends all waits, now and later, with ClosedError."""
        with self._lock:
            self._is_closed = True
            pending, self._pending = self._pending, set()
        for own in pending:
            _resolve(own, closed_error())

    def token(self, shared: Future[str], timeout: float) -> str:
        """The result of `shared`. Raises its error, TimeoutError after `timeout` seconds, or ClosedError."""
        with self._own(shared) as own:
            return _result(own, timeout)

    async def token_async(self, shared: Future[str]) -> str:
        """The same on an event loop. The caller sets the timeout; cancelling it does not affect others."""
        with self._own(shared) as own:
            await _done(own)
            return _result(own, 0)

    def pause(self, seconds: float) -> None:
        """Sleeps. Raises ClosedError if the client is closed in the meantime."""
        with contextlib.suppress(TimeoutError):
            self.token(Future(), seconds)

    async def pause_async(self, seconds: float) -> None:
        """The same on an event loop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.token_async(Future())

    def forget_threads(self) -> None:
        """In the child after a fork: the threads are gone, and one of them may have held the lock."""
        self._lock, self._pending = threading.Lock(), set()

    @contextlib.contextmanager
    def _own(self, shared: Future[str]) -> Iterator[Future[str]]:
        """A future that gets the result of `shared`, or ClosedError if the client is closed first."""
        if shared.done():
            yield shared
            return
        own: Future[str] = Future()
        with self._lock:
            is_closed = self._is_closed
            if not is_closed:
                self._pending.add(own)
        if is_closed:
            own.set_exception(closed_error())
        else:
            shared.add_done_callback(lambda _: _resolve(own, shared.exception() or shared.result()))
        try:
            yield own
        finally:
            with self._lock:
                self._pending.discard(own)


def closed_error() -> ClosedError:
    return ClosedError("Cannot send a request: the client has been closed.")


def _resolve(own: Future[str], result: str | BaseException) -> None:
    with contextlib.suppress(InvalidStateError):  # the other side was first
        if isinstance(result, str):
            own.set_result(result)
        else:
            own.set_exception(result)


async def _done(own: Future[str]) -> None:
    if own.done():
        return
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake(_: Future[str]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(_set_done, woken)

    own.add_done_callback(wake)
    await woken


def _set_done(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


def _result(future: Future[str], timeout: float) -> str:
    error = future.exception(timeout)
    if error is None:
        return future.result()
    # A copy for each caller: one exception raised in many places would collect all their tracebacks.
    # __init__ is not called: a user's class may take other arguments.
    own = type(error).__new__(type(error), *error.args)
    vars(own).update(vars(error))
    raise own from error.__cause__
