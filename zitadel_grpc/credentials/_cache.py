"""The token cache: one for each credentials object and issuer, asked by every call of every client.

FRESH tokens are used, STALE ones are used while one renewal runs in the background, and with INVALID callers
wait for the one refresh that they share. A refresh runs in a thread of its own and is waited for by a
`concurrent.futures.Future`, never by an asyncio lock: threads and event loops share it, and a caller that is
cancelled, or a loop that is closed, takes nothing from the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zitadel_grpc import _tracing
from zitadel_grpc.credentials import _attempts, _workers
from zitadel_grpc.credentials._base import RefreshContext, Token
from zitadel_grpc.credentials._life import HeldToken, TokenState
from zitadel_grpc.credentials._running import Running, ended
from zitadel_grpc.credentials._waits import Waits
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import RefreshSpan

# All in seconds.
_LASTING_HOLD = 5.0  # for how long a refusal is told to callers without asking again
_PASSING_HOLD = 1.0
_SPACING = 1.0  # between two requests, whatever the server says and however many callers there are
_BACKOFF_LIMIT = 60.0
_HANGING_LIMIT = 3  # threads in functions that did not return in time; no more are started meanwhile
_WATCHDOG_GRACE = 0.25  # a request that ends in time for itself says more than the watchdog can


class TokenCache:
    """Keeps one token fresh. `obtain` makes a token (blocking, in a thread of the cache's); `name` says whose
    it is in logs and errors; `timeout` bounds a refresh with its retries, in seconds; `first` is a token that
    is there already; `renewable` is False where a refused token has no successor (a PAT); `renew_after` is
    when to ask anew, in seconds, at the latest; `tracing` whether refreshes make spans."""

    def __init__(
        self,
        obtain: Callable[[RefreshContext], Token],
        *,
        name: str,
        timeout: float,
        first: Token | None,
        renewable: bool,
        renew_after: float = math.inf,
        tracing: bool = True,
    ) -> None:
        now = time.monotonic()
        self._obtain = obtain
        self._name = name
        self._timeout = timeout
        self._renewable = renewable
        self._lock = threading.Lock()
        self._renew_every = renew_after
        self._token = None if first is None else HeldToken.of(first, now, now, renew_after)
        self._running: Running | None = None
        self._held: tuple[ZitadelError, float] | None = None  # an error, and until when it is told
        self._hanging = 0  # given up, and not returned yet
        self._ask_at = 0.0  # when the next request may be sent
        self._renew_after = 0.0  # when the next background renewal may begin
        self._failures = 0  # in a row
        self._refreshes = 0
        self._last_refresh: datetime | None = None
        self._warned = False
        self._was_refused = False
        self._traces = tracing
        self._span: RefreshSpan | None = None  # of the latest refresh
        _caches.add(self)

    def authorization(self) -> str | None:
        """The `authorization` value to send now, or None if a refresh must be waited for. Never waits: each
        call asks it, so the usual case is one comparison."""
        token = self._token
        now = time.monotonic()
        if token is not None and now < token.stale_at:
            return token.header
        if token is None or token.state(now) is TokenState.INVALID:
            return None
        with self._lock:
            # Still the same: another thread may have seen its renewal through meanwhile.
            if token is self._token and self._running is None and now >= self._renew_after:
                self._start(now, waited_for=False)
        return token.header

    def state(self) -> TokenState:
        """The state of the token at this moment."""
        token = self._token
        return TokenState.INVALID if token is None else token.state(time.monotonic())

    def history(self) -> tuple[int, datetime | None, int]:
        """How many tokens were obtained, when the last one was, and how many attempts failed since."""
        with self._lock:
            return self._refreshes, self._last_refresh, self._failures

    def refresh(self, *, blocks: bool = False) -> Future[str]:
        """The refresh that all callers without a usable token share; ends with an `authorization` value, or
        with CredentialsError, TokenEndpointError or ConfigurationError, within the cache's timeout. With
        `blocks` the caller's event loop stands still, and cannot run a user's async function."""
        now = time.monotonic()
        with self._lock:
            token = self._token
            if token is not None and token.state(now) is not TokenState.INVALID:
                return ended(token.header)
            if self._running is not None:
                refresh = self._running.refresh
                if blocks and refresh.loop is _running_loop() is not None and not refresh.loop_blocked.done():
                    refresh.loop_blocked.set_result(None)
                return self._running.future
            if self._held is not None and now < self._held[1]:
                return ended(self._held[0])
            return self._start(now, waited_for=True, blocks=blocks).future

    def wait(self, timeout: float, waits: Waits | None = None) -> str:
        """Waits for the shared refresh, `timeout` seconds at most. Raises TimeoutError, as it ended, or
        ClosedError if the client whose `waits` are given is closed."""
        shared = self.refresh(blocks=True)
        with self._waiting(shared):
            return (waits or Waits()).token(shared, timeout)

    async def wait_async(self, waits: Waits | None = None) -> str:
        """As `wait`, on an event loop; the caller bounds it, and may be cancelled without harm to others."""
        shared = self.refresh()
        with self._waiting(shared):
            return await (waits or Waits()).token_async(shared)

    @contextlib.contextmanager
    def _waiting(self, shared: Future[str]) -> Iterator[None]:
        """Has the span of a call tell of the wait within, if there is one."""
        call, since = None if shared.done() else _tracing.current_call(), time.monotonic()
        try:
            yield
        finally:
            if call is not None:
                call.waited(time.monotonic() - since, self._span)

    def refused(self, header: str) -> bool:
        """The server refused `header`: drops it if it is still in the cache. True if another may be had."""
        with self._lock:
            token = self._token
            if not self._renewable:
                return False
            if token is not None and token.header == header:
                if token.unproven and time.monotonic() < token.obtained_at + _LASTING_HOLD:
                    return False  # its successor would be refused as well: do not ask at every call
                self._token = None
                self._was_refused = True
            return True

    def accepted(self, header: str) -> None:
        """The server took the token that was obtained after a refusal."""
        token = self._token
        if token is not None and token.header == header:
            token.unproven = False

    def _start(self, now: float, *, waited_for: bool, blocks: bool = False) -> Running:
        """Starts the refresh; the lock is held."""
        loop = None if blocks else _running_loop()
        self._span = _tracing.plan_refresh(self._name, waited_for=waited_for) if self._traces else None
        running = self._running = Running(RefreshContext(now + self._timeout, loop), self._span)
        if self._hanging >= _HANGING_LIMIT:
            failure = TokenEndpointError(
                f"{self._name}: {self._hanging} attempts to obtain a token still hang: give them a timeout"
            )
            self._settle(failure)
            running.future.set_exception(failure)
            return running
        running.watchdog = threading.Timer(self._timeout + _WATCHDOG_GRACE, self._give_up, (running,))
        try:
            running.watchdog.daemon = True
            running.watchdog.start()
            _workers.run(lambda: self._run(running))
        except RuntimeError as error:  # too many threads, or the interpreter is ending
            failure = TokenEndpointError(f"{self._name}: no thread for the token request: {error}")
            self._settle(failure)
            running.future.set_exception(failure)
        return running

    def _run(self, running: Running) -> None:
        with running.span or contextlib.nullcontext():
            outcome = _attempts.outcome(
                self._spaced, running.refresh, self._name, self._renew_every, _SPACING
            )
            with self._lock:
                if running.hangs:
                    running.hangs = False
                    self._hanging -= 1
            self._end(running, outcome)

    def _spaced(self, refresh: RefreshContext) -> Token:
        """Obtains a token, `_SPACING` seconds after the last request began at the earliest."""
        with self._lock:
            now = time.monotonic()
            begins = max(now, self._ask_at)
            if begins < refresh.deadline:
                self._ask_at = begins + _SPACING
        if begins >= refresh.deadline:
            raise TokenEndpointError(
                f"{self._name}: no time left for a token request, one per {_SPACING:g} s (token_timeout)"
            )
        if begins > now:
            time.sleep(begins - now)
        return self._obtain(refresh)

    def _give_up(self, running: Running) -> None:
        with self._lock:
            if self._running is running:
                running.hangs = True
                self._hanging += 1
        failure = TokenEndpointError(f"{self._name}: no token within {self._timeout:g} s (token_timeout)")
        self._end(running, failure)
        running.refresh.abandon()

    def _end(self, running: Running, outcome: HeldToken | ZitadelError) -> None:
        with self._lock:
            if self._running is not running:
                return  # given up before, or of the process before a fork
            news = self._settle(outcome)
        if isinstance(outcome, HeldToken):
            running.future.set_result(outcome.header)
        else:
            running.future.set_exception(outcome)
        # Last, since these run code of others.
        if running.span is not None:
            running.span.end(None if isinstance(outcome, HeldToken) else outcome)
        _attempts.logger.log(*news)

    def _settle(self, outcome: HeldToken | ZitadelError) -> tuple[int, str]:
        """Notes how the refresh ended, and says what is to be logged; the lock is held."""
        now = time.monotonic()
        running, self._running = self._running, None
        if running is not None and running.watchdog is not None:
            running.watchdog.cancel()
        if isinstance(outcome, HeldToken):
            outcome.unproven, self._was_refused = self._was_refused, False
            self._token, self._held = outcome, None
            self._refreshes += 1
            self._last_refresh = datetime.now(UTC)
            self._failures, self._renew_after = 0, 0.0
            warned, self._warned = self._warned, False
            if warned:
                return logging.INFO, f"{self._name}: the token was renewed again"
            left = f" for {outcome.end_at - now:.0f} s" if outcome.end_at < math.inf else ""
            return logging.DEBUG, f"{self._name}: a token was obtained{left}"

        self._failures += 1
        hold = _LASTING_HOLD
        if isinstance(outcome, TokenEndpointError) and outcome.retryable:
            asked = outcome.retry_after
            hold = (
                _PASSING_HOLD
                if asked is None
                else min(max(asked, _PASSING_HOLD), _attempts.RETRY_AFTER_LIMIT)
            )
        self._held = (outcome, now + hold)
        backoff = random.uniform(0, min(_BACKOFF_LIMIT, 2.0 ** min(self._failures, 10)))  # noqa: S311
        self._renew_after = now + max(hold, backoff)
        token = self._token
        if token is None or now >= token.end_at or self._warned:
            return logging.DEBUG, f"{self._name}: no token was obtained: {outcome}"
        self._warned = True
        left = "calls go on with the old one"
        if token.end_at < math.inf:
            left += f" for {token.end_at - now:.0f} s"
        return logging.WARNING, f"{self._name}: renewing the token fails, {left}: {outcome}"

    def _forget_threads(self) -> None:
        """In the child after a fork: the threads are gone, and one of them may have held the lock."""
        self._lock = threading.Lock()
        self._running = None
        self._hanging = 0


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


_caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()


def _forget_threads() -> None:
    for cache in list(_caches):
        cache._forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
