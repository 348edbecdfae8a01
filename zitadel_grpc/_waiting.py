"""Waiting for a write to become visible: `AsyncClient.wait_until` and `Client.wait_until`.

ZITADEL serves lists, permission checks and token requests from projections, which lag behind its writes.
"""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from zitadel_grpc import _pending
from zitadel_grpc._transport.arguments import check_timeout
from zitadel_grpc._transport.sync_channel import WAIT_DEADLINE
from zitadel_grpc.errors import ConfigurationError, DeadlineExceeded, WaitTimeoutError, ZitadelError

T = TypeVar("T")
Errors = type[ZitadelError] | tuple[type[ZitadelError], ...]

_FIRST_PAUSE = 0.05
_MAX_PAUSE = 1.0


async def wait_until_async(
    call: Callable[[], Awaitable[T]],
    predicate: Callable[[T], object] | None,
    timeout: float,  # noqa: ASYNC109 # WaitTimeoutError says more than asyncio.timeout
    retry_on: Errors,
) -> T:
    _check_arguments(call, predicate, retry_on)
    attempts = _Attempts(timeout)
    while True:
        scope = asyncio.timeout(attempts.time_left())
        try:
            async with scope:
                response = await _awaitable(call())
        except Exception as error:
            if scope.expired() and isinstance(error, TimeoutError):
                attempts.give_up()
            if not isinstance(error, retry_on):
                raise
            attempts.failed(error)
        else:
            if _is_met(predicate, response):
                return response
            attempts.not_met(response)
        await asyncio.sleep(attempts.next_pause())


def wait_until_sync(
    call: Callable[[], T], predicate: Callable[[T], object] | None, timeout: float, retry_on: Errors
) -> T:
    _check_arguments(call, predicate, retry_on)
    attempts = _Attempts(timeout)
    while True:
        outer = WAIT_DEADLINE.set(attempts.deadline)
        try:
            response = call()
        except retry_on as error:
            attempts.failed(error)
        except DeadlineExceeded:
            if attempts.time_left() > _FIRST_PAUSE:  # gRPC's clock can be slightly ahead
                raise
            attempts.give_up()
        else:
            if _is_met(predicate, response):
                return response
            attempts.not_met(response)
        finally:
            WAIT_DEADLINE.reset(outer)
        time.sleep(attempts.next_pause())


def _check_arguments(call: object, predicate: object, retry_on: object) -> None:
    if not callable(call):
        _pending.discard(call)
        raise ConfigurationError(
            "call must be a function without arguments, such as `lambda: client.user_v2.ListUsers(request)`, "
            f"not {type(call).__name__}"
        )
    if predicate is not None and not callable(predicate):
        raise ConfigurationError(
            f"predicate must be a function that takes the response, not {type(predicate).__name__}"
        )
    for kind in retry_on if isinstance(retry_on, tuple) else (retry_on,):
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            shown = kind if isinstance(kind, type) else type(kind)
            raise ConfigurationError(
                f"retry_on must be an exception class or a tuple of exception classes, not {shown.__name__}"
            )


def _awaitable(result: Awaitable[T]) -> Awaitable[T]:
    if not inspect.isawaitable(result):
        raise ConfigurationError(
            f"call must return an awaitable, not {type(result).__name__}; with a Client, use "
            "Client.wait_until"
        )
    return result


def _is_met(predicate: Callable[[T], object] | None, response: T) -> bool:
    """Raises ConfigurationError for a coroutine or future, which is always true, whatever its result."""
    if _pending.is_pending(response):
        _pending.discard(response)
        raise ConfigurationError(f"call must return the response itself, not {type(response).__name__}")
    verdict = predicate is None or predicate(response)
    if _pending.is_pending(verdict):
        _pending.discard(verdict)
        raise ConfigurationError(
            f"predicate must be an ordinary function that returns True or False, not {type(verdict).__name__}"
        )
    return bool(verdict)


class _Attempts:
    """The deadline, the pauses and the last result."""

    def __init__(self, timeout: float) -> None:
        check_timeout(timeout)
        self.deadline = time.monotonic() + timeout
        self._timeout = timeout
        self._pause = _FIRST_PAUSE
        self._count = 0
        self._last: Any = None
        self._error: ZitadelError | None = None

    def time_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def not_met(self, response: object) -> None:
        self._count += 1
        self._last, self._error = response, None

    def failed(self, error: ZitadelError) -> None:
        self._count += 1
        self._last, self._error = None, error

    def next_pause(self) -> float:
        """Seconds until the next attempt; shorter near the deadline. Raises WaitTimeoutError."""
        left = self.time_left()
        if left <= 0:
            self.give_up()
        jittered = random.uniform(0.5, 1.0) * self._pause  # noqa: S311 # not a secret
        self._pause = min(2 * self._pause, _MAX_PAUSE)
        return min(jittered, max(left / 2, _FIRST_PAUSE))

    def give_up(self) -> NoReturn:
        if self._count:
            attempts = f"{self._count} attempt{'' if self._count == 1 else 's'}"
            result = f" ({attempts}); last result: {self._error or _outline(self._last)}"
        else:
            result = ": the first attempt did not complete"
        raise WaitTimeoutError(
            f"condition not met within {self._timeout:g} s{result}", last=self._last
        ) from self._error


def _outline(response: Any) -> str:
    """The fields that are set in a response, without their values: they may be secret."""
    name = type(response).__name__
    if not hasattr(response, "ListFields"):
        return name
    parts = (
        f"{len(value)} {field.name}" if field.is_repeated else field.name
        for field, value in response.ListFields()
    )
    return f"{name}({', '.join(parts)})"
