"""The life of a token: one cache for each credentials object and issuer, asked by every call of every client.

States as words, after google-auth: FRESH is used, STALE is used while one renewal runs in the background, and with
INVALID callers wait for the one refresh that they share. A refresh runs in a thread of its own and is waited for by a
`concurrent.futures.Future`, never by an asyncio lock: threads and event loops share it, and a caller that is
cancelled, or a loop that is closed, takes nothing from the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import enum
import logging
import os
import random
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from zitadel_grpc.credentials.base import Refresh, Token
from zitadel_grpc.errors import CredentialsError, TokenEndpointError, ZitadelError

logger = logging.getLogger("zitadel_grpc.credentials")

# Shares of a token's life: renewed from 75-85 % on (spread, so that processes started together do not renew together),
# not used in its last 5 %, 10 s at most: a call sent with it must still arrive.
_STALE_SHARE = (0.75, 0.85)
_END_SHARE, _END_SECONDS = 0.05, 10.0

_LASTING_HOLD = 5.0  # seconds that a refusal is told to callers without asking again
_PASSING_HOLD = 1.0
_RETRY_AFTER_LIMIT = 300.0
_BACKOFF_LIMIT = 60.0
_ATTEMPTS = 4
_FIRST_BACKOFF = 0.25


class TokenState(enum.Enum):
    FRESH = "fresh"
    STALE = "stale"
    INVALID = "invalid"


@dataclass(slots=True, eq=False)
class _Entry:
    header: str = field(repr=False)
    stale_at: float
    end_at: float
    obtained_at: float
    unproven: bool = False  # obtained because the one before was refused, and not yet accepted

    @classmethod
    def of(cls, token: Token, requested_at: float) -> _Entry:
        # The life counts from before the request, so that the network's time is not taken for life.
        life = float("inf") if token.expires_in is None else token.expires_in
        stale_at = requested_at + life * random.uniform(*_STALE_SHARE)
        end_at = requested_at + life - (min(life * _END_SHARE, _END_SECONDS) if token.expires_in else 0)
        return cls(f"Bearer {token.value}", stale_at, end_at, time.monotonic())

    def state(self, now: float) -> TokenState:
        if now < self.stale_at:
            return TokenState.FRESH
        return TokenState.STALE if now < self.end_at else TokenState.INVALID


class TokenCache:
    """Keeps one token fresh. `obtain` makes a token (blocking, in a thread of the cache's); `timeout` bounds a
    refresh with its retries, in seconds; `first` is a token that is there already; `renewable` is False where a
    refused token has no successor (a PAT)."""

    def __init__(
        self, obtain: Callable[[Refresh], Token], *, timeout: float, first: Token | None, renewable: bool
    ) -> None:
        self._obtain = obtain
        self._timeout = timeout
        self._renewable = renewable
        self._lock = threading.Lock()
        self._entry: _Entry | None = None if first is None else _Entry.of(first, time.monotonic())
        self._running: _Running | None = None
        self._held: tuple[ZitadelError, float] | None = (
            None  # an error and until when it is told without asking
        )
        self._renew_after = 0.0  # when the next background renewal may begin
        self._failures = 0
        self._refused_at: float | None = None
        self.refreshes = 0
        _caches.add(self)

    def authorization(self) -> str | None:
        """The `authorization` value to send now, or None if a refresh must be waited for. Never waits: each call asks
        it, so the usual case is one comparison."""
        entry = self._entry
        now = time.monotonic()
        if entry is not None and now < entry.stale_at:
            return entry.header
        if entry is None or entry.state(now) is TokenState.INVALID:
            return None
        with self._lock:
            if self._running is None and now >= self._renew_after:
                self._start(now)
        return entry.header

    def state(self) -> TokenState:
        """The state of the token at this moment."""
        entry = self._entry
        return TokenState.INVALID if entry is None else entry.state(time.monotonic())

    def refresh(self) -> Future[str]:
        """The refresh that all callers without a usable token share; ends with an `authorization` value, or with
        CredentialsError or TokenEndpointError, within the cache's timeout."""
        now = time.monotonic()
        with self._lock:
            entry = self._entry
            if entry is not None and entry.state(now) is not TokenState.INVALID:
                return _ended(entry.header)
            if self._running is not None:
                return self._running.future
            if self._held is not None and now < self._held[1]:
                return _ended(self._held[0])
            return self._start(now).future

    def wait(self, timeout: float) -> str:
        """Waits for the shared refresh. Raises TimeoutError after `timeout` seconds, and what `refresh` ends with."""
        return _result(self.refresh(), timeout)

    async def wait_async(self) -> str:
        """As `wait`, on an event loop; the caller bounds it, and may be cancelled without harm to the others."""
        shared = self.refresh()
        if not shared.done():
            loop = asyncio.get_running_loop()
            woken = loop.create_future()

            def wake(_: Future[str]) -> None:
                with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                    loop.call_soon_threadsafe(_set_done, woken)

            shared.add_done_callback(wake)
            await woken
        return _result(shared, 0)

    def refused(self, header: str) -> bool:
        """The server refused `header`: drops it if it is still the one in the cache. True if another may be had."""
        with self._lock:
            entry = self._entry
            if not self._renewable:
                return False
            if entry is not None and entry.header == header:
                if entry.unproven and time.monotonic() < entry.obtained_at + _LASTING_HOLD:
                    return False  # its successor would be refused as well: do not ask at every call
                self._entry = None
                self._refused_at = time.monotonic()
            return True

    def accepted(self, header: str) -> None:
        """The server took the token that was obtained after a refusal."""
        entry = self._entry
        if entry is not None and entry.header == header:
            entry.unproven = False

    def _start(self, now: float) -> _Running:
        """Starts the refresh; the lock is held."""
        try:
            loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        running = self._running = _Running(Future(), Refresh(now + self._timeout, loop))
        # Running from the start: a waiter that goes away must not be able to cancel it for the others.
        running.future.set_running_or_notify_cancel()
        running.watchdog = threading.Timer(self._timeout, self._give_up, (running,))
        running.watchdog.daemon = True
        worker = threading.Thread(
            target=self._run, args=(running, now), name="zitadel-grpc-token", daemon=True
        )
        try:
            running.watchdog.start()
            worker.start()
        except RuntimeError as error:
            running.watchdog.cancel()
            self._running = None
            running.future.set_exception(TokenEndpointError(f"no thread for the token request: {error}"))
        return running

    def _run(self, running: _Running, now: float) -> None:
        attempt = 0
        while True:
            requested_at = time.monotonic()
            try:
                token = self._obtain(running.refresh)
            except TokenEndpointError as error:
                attempt += 1
                pause = error.retry_after
                if pause is None:
                    pause = random.uniform(0, _FIRST_BACKOFF * 2**attempt)
                if not error.retryable or attempt >= _ATTEMPTS or pause >= running.refresh.remaining():
                    return self._end(running, error)
                time.sleep(pause)
            except ZitadelError as error:
                return self._end(running, error)
            except Exception as error:  # noqa: BLE001
                # A user's own callable failed: its exception is told as the cause, since its text may hold anything.
                failure = CredentialsError(f"obtaining a token failed with {type(error).__name__}")
                failure.__cause__ = error
                return self._end(running, failure)
            else:
                return self._end(running, _Entry.of(token, requested_at))

    def _give_up(self, running: _Running) -> None:
        self._end(
            running,
            TokenEndpointError(
                f"no token within {self._timeout:g} s (token_timeout): the token endpoint is silent"
            ),
        )

    def _end(self, running: _Running, outcome: _Entry | ZitadelError) -> None:
        now = time.monotonic()
        with self._lock:
            if self._running is not running:
                return  # given up before, or of the process before a fork
            self._running = None
            if running.watchdog is not None:
                running.watchdog.cancel()
            told = self._failures > 0
            if isinstance(outcome, _Entry):
                outcome.unproven = self._refused_at is not None
                self._entry, self._held, self._refused_at = outcome, None, None
                self._failures, self._renew_after = 0, 0.0
                self.refreshes += 1
            else:
                self._hold(outcome, now)
            usable = self._entry is not None
            left = self._entry.end_at - now if self._entry is not None else 0.0
        if isinstance(outcome, _Entry):
            if told:
                logger.info("the token was renewed again")
            running.future.set_result(outcome.header)
        else:
            if not told and usable and left > 0:
                logger.warning(
                    "renewing the token fails, calls go on with the old one for %.0f s: %s", left, outcome
                )
            running.future.set_exception(outcome)

    def _hold(self, error: ZitadelError, now: float) -> None:
        """Notes a failed refresh; the lock is held."""
        self._failures += 1
        renew_in = random.uniform(0, min(_BACKOFF_LIMIT, 2.0**self._failures))
        hold = _LASTING_HOLD
        if isinstance(error, TokenEndpointError):
            hold = _PASSING_HOLD if error.retry_after is None else min(error.retry_after, _RETRY_AFTER_LIMIT)
        self._held = (error, now + hold)
        self._renew_after = now + max(hold, renew_in)

    def _forget_threads(self) -> None:
        """In the child after a fork: the threads are gone, and one of them may have held the lock."""
        self._lock = threading.Lock()
        self._running = None


@dataclass(slots=True, eq=False)
class _Running:
    future: Future[str]
    refresh: Refresh
    watchdog: threading.Timer | None = None


def _ended(outcome: str | ZitadelError) -> Future[str]:
    future: Future[str] = Future()
    if isinstance(outcome, str):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
    return future


def _result(future: Future[str], timeout: float) -> str:
    error = future.exception(timeout)
    if error is None:
        return future.result()
    # Each caller its own: one exception raised in many places would gather all their tracebacks.
    raise copy.copy(error) from error.__cause__


def _set_done(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


_caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()


def _forget_threads() -> None:
    for cache in list(_caches):
        cache._forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
