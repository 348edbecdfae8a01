"""How the calls of one client wait: for the token that all share, or before they send again. Closing the
client ends its waits, and leaves those of other clients alone."""

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
        self._open: set[Future[str]] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Ends all waits, and each that begins later, with ClosedError."""
        with self._lock:
            self._closed = True
            waiting, self._open = self._open, set()
        for own in waiting:
            _end(own, closed_error())

    def token(self, shared: Future[str], timeout: float) -> str:
        """What `shared` ends with. Raises TimeoutError after `timeout` seconds, ClosedError, or its error."""
        with self._own(shared) as own:
            return _result(own, timeout)

    async def token_async(self, shared: Future[str]) -> str:
        """As `token`, on an event loop; the caller bounds it, and may be cancelled without harm to others."""
        with self._own(shared) as own:
            await _done(own)
            return _result(own, 0)

    def pause(self, seconds: float) -> None:
        """Waits. Raises ClosedError if the client is closed meanwhile."""
        with contextlib.suppress(TimeoutError):
            self.token(Future(), seconds)

    async def pause_async(self, seconds: float) -> None:
        """As `pause`, on an event loop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.token_async(Future())

    def forget_threads(self) -> None:
        """In the child after a fork: the threads are gone, and one of them may have held the lock."""
        self._lock, self._open = threading.Lock(), set()

    @contextlib.contextmanager
    def _own(self, shared: Future[str]) -> Iterator[Future[str]]:
        """A future that ends as `shared` does, or with ClosedError if that comes first."""
        if shared.done():
            yield shared
            return
        own: Future[str] = Future()
        with self._lock:
            is_closed = self._closed
            if not is_closed:
                self._open.add(own)
        if is_closed:
            own.set_exception(closed_error())
        else:
            shared.add_done_callback(lambda _: _end(own, shared.exception() or shared.result()))
        try:
            yield own
        finally:
            with self._lock:
                self._open.discard(own)


def closed_error() -> ClosedError:
    return ClosedError("Cannot send a request: the client has been closed.")


def _end(own: Future[str], outcome: str | BaseException) -> None:
    with contextlib.suppress(InvalidStateError):  # it ended in the other way meanwhile
        if isinstance(outcome, str):
            own.set_result(outcome)
        else:
            own.set_exception(outcome)


async def _done(own: Future[str]) -> None:
    if own.done():
        return
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake(_: Future[str]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
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
    # Each caller its own: one exception raised in many places would gather all their tracebacks.
    own = type(error).__new__(type(error), *error.args)  # not called: a user's class may want other arguments
    vars(own).update(vars(error))
    raise own from error.__cause__
