"""TokenCache: one per credentials object and token server. Every call of every client gets its token here.

FRESH tokens are used. STALE tokens are used while one background refresh runs. With an INVALID token, callers
wait for one refresh that they share. The refresh runs in its own thread, and callers wait for a
`concurrent.futures.Future`, never for an asyncio lock. So threads and event loops can share it, and a caller
that is cancelled, or a loop that is closed, affects nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING

from zitadel_grpc import _tracing
from zitadel_grpc.credentials import _workers
from zitadel_grpc.credentials._cache_state import CacheState
from zitadel_grpc.credentials._cached_token import CachedToken, TokenState
from zitadel_grpc.credentials._refresh import Fetch, logger, refresh_token
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.credentials._shared_refresh import SharedRefresh, finished
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._waits import Waits
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import RefreshSpan


class TokenCache:
    """Keeps one token fresh.

    `fetch` returns a new token; it blocks, and runs in a thread of the cache. `name` identifies the token in
    logs and errors. `timeout` limits a refresh with its retries, in seconds. With `renewable=False` a
    refused token is not replaced. With `tracing` refreshes create spans.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        name: str,
        timeout: float,
        policy: RefreshPolicy,
        initial_token: Token | None,
        renewable: bool,
        tracing: bool = True,
    ) -> None:
        now = time.monotonic()
        cached = None if initial_token is None else CachedToken(initial_token, now, now, policy)
        self._fetch = fetch
        self._name = name
        self._timeout = timeout
        self._policy = policy
        self._tracing = tracing
        self._lock = threading.Lock()
        self._state = CacheState(name, policy, cached, renewable=renewable)
        self._running: SharedRefresh | None = None
        self._hanging = 0  # abandoned refreshes whose threads have not returned yet
        self._latest_span: RefreshSpan | None = None
        _caches.add(self)

    def authorization(self) -> str | None:
        """The `authorization` value to send now, or None if the caller must wait for a refresh. Never blocks.
        Every call runs this, so the usual case is one comparison."""
        token = self._state.token
        now = time.monotonic()
        if token is not None and now < token.stale_at:
            return token.header
        if token is None or token.state(now) is TokenState.INVALID:
            return None
        with self._lock:
            # Check the token again: another thread may have renewed it in the meantime.
            if token is self._state.token and self._running is None and self._state.renewal_due(now):
                self._start(now, waited_for=False)
        return token.header

    def state(self) -> TokenState:
        """The state of the token now."""
        token = self._state.token
        return TokenState.INVALID if token is None else token.state(time.monotonic())

    def history(self) -> tuple[int, datetime | None, int]:
        """How many tokens were obtained, when the latest was, and how many refreshes failed since."""
        with self._lock:
            return self._state.history()

    def refresh(self, *, blocks: bool = False) -> Future[str]:
        """The refresh that all callers without a usable token share. Its result is an `authorization` value,
        its error a CredentialsError, TokenEndpointError or ConfigurationError; it is done within the timeout
        of the cache. `blocks` means that the caller blocks its event loop, so that the loop cannot run a
        user's async function."""
        now = time.monotonic()
        with self._lock:
            token = self._state.usable_token(now)
            if token is not None:
                return finished(token.header)
            if self._running is not None:
                context = self._running.context
                if blocks and context.loop is _running_loop() is not None and not context.loop_blocked.done():
                    context.loop_blocked.set_result(None)
                return self._running.future
            error = self._state.recent_error(now)
            if error is not None:
                return finished(error)
            return self._start(now, waited_for=True, blocks=blocks).future

    def wait(self, timeout: float, waits: Waits | None = None) -> str:
        """Waits for the shared refresh, at most `timeout` seconds. Raises its error, TimeoutError, or
        ClosedError once the client that owns `waits` is closed."""
        shared = self.refresh(blocks=True)
        with self._traced_wait(shared):
            return (waits or Waits()).token(shared, timeout)

    async def wait_async(self, waits: Waits | None = None) -> str:
        """The same on an event loop. The caller sets the timeout; cancelling it does not affect others."""
        shared = self.refresh()
        with self._traced_wait(shared):
            return await (waits or Waits()).token_async(shared)

    @contextlib.contextmanager
    def _traced_wait(self, shared: Future[str]) -> Iterator[None]:
        """Adds the time spent in the block to the span of the current call."""
        call, since = None if shared.done() else _tracing.current_call(), time.monotonic()
        try:
            yield
        finally:
            if call is not None:
                call.waited(time.monotonic() - since, self._latest_span)

    def refused(self, header: str) -> bool:
        """Reports that the server refused `header`, and drops that token. False if a new token would not
        help."""
        with self._lock:
            return self._state.refused(header, time.monotonic())

    def accepted(self, header: str) -> None:
        """Reports that the server accepted `header`, after it had refused the token before."""
        token = self._state.token
        if token is not None and token.header == header:
            token.replaces_refused = False

    def _start(self, now: float, *, waited_for: bool, blocks: bool = False) -> SharedRefresh:
        """Starts a refresh. The caller holds the lock."""
        loop = None if blocks else _running_loop()
        span = _tracing.plan_refresh(self._name, waited_for=waited_for) if self._tracing else None
        self._latest_span = span
        running = self._running = SharedRefresh(RefreshContext(now + self._timeout, loop), span)
        if self._hanging >= self._policy.max_hanging:
            return self._cannot_start(
                running, f"{self._hanging} token requests still hang; set a timeout in their function"
            )
        watchdog = threading.Timer(self._timeout + self._policy.watchdog_grace, self._give_up, (running,))
        watchdog.daemon = True
        running.watchdog = watchdog
        try:
            watchdog.start()
            _workers.run(lambda: self._run(running))
        except RuntimeError as error:  # too many threads, or the interpreter is shutting down
            return self._cannot_start(running, f"cannot start a thread for the token request: {error}")
        return running

    def _cannot_start(self, running: SharedRefresh, reason: str) -> SharedRefresh:
        failure = TokenEndpointError(f"{self._name}: {reason}")
        self._settle(failure)
        running.future.set_exception(failure)
        return running

    def _run(self, running: SharedRefresh) -> None:
        with running.span or contextlib.nullcontext():
            result = refresh_token(self._fetch_in_turn, running.context, self._name, self._policy)
            with self._lock:
                if running.hangs:
                    running.hangs = False
                    self._hanging -= 1
            self._finish(running, result)

    def _fetch_in_turn(self, context: RefreshContext) -> Token:
        """Fetches a token, but not too soon after the previous request."""
        now = time.monotonic()
        with self._lock:
            start = self._state.reserve_request(now, context.deadline)
        if start is None:
            raise TokenEndpointError(
                f"{self._name}: no time left for a token request; the limit is one per "
                f"{self._policy.request_interval:g} s (token_timeout)"
            )
        if start > now:
            time.sleep(start - now)
        return self._fetch(context)

    def _give_up(self, running: SharedRefresh) -> None:
        with self._lock:
            if self._running is running:
                running.hangs = True
                self._hanging += 1
        self._finish(
            running, TokenEndpointError(f"{self._name}: no token within {self._timeout:g} s (token_timeout)")
        )
        running.context.abandon()

    def _finish(self, running: SharedRefresh, result: CachedToken | ZitadelError) -> None:
        with self._lock:
            if self._running is not running:
                return  # abandoned earlier, or started by the parent process before a fork
            entry = self._settle(result)
        error = None if isinstance(result, CachedToken) else result
        if isinstance(result, CachedToken):
            running.future.set_result(result.header)
        else:
            running.future.set_exception(result)
        # Last, and outside the lock: both may run code that is not ours.
        if running.span is not None:
            running.span.end(error)
        logger.log(*entry)

    def _settle(self, result: CachedToken | ZitadelError) -> tuple[int, str]:
        """Stores the result of the running refresh, and returns what to log. The caller holds the lock."""
        running, self._running = self._running, None
        if running is not None and running.watchdog is not None:
            running.watchdog.cancel()
        now = time.monotonic()
        if isinstance(result, CachedToken):
            return self._state.succeeded(result, now)
        return self._state.failed(result, now)

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
