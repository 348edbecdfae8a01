"""Waiting until a write is seen: what `AsyncClient.wait_until` and `Client.wait_until` do.

ZITADEL answers lists, permissions and token requests from projections, which follow its writes a moment
later.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from zitadel_grpc import _unfinished
from zitadel_grpc._transport.connection import check_timeout
from zitadel_grpc._transport.sync import WAIT_ENDS
from zitadel_grpc.errors import ConfigurationError, DeadlineExceeded, WaitTimeoutError, ZitadelError

T = TypeVar("T")
Errors = type[ZitadelError] | tuple[type[ZitadelError], ...]

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


async def until_async(
    call: Callable[[], Awaitable[T]],
    predicate: Callable[[T], object] | None,
    timeout: float,  # noqa: ASYNC109 # WaitTimeoutError tells more than asyncio.timeout does
    retry_on: Errors,
) -> T:
    wait = _Wait(timeout)
    while True:
        bound = asyncio.timeout(wait.left())
        try:
            async with bound:
                answer = await call()
        except retry_on as error:
            wait.failed(error)
        except TimeoutError:
            if not bound.expired():
                raise
            wait.give_up()
        else:
            if _seen(answer, predicate):
                return answer
            wait.answered(answer)
        await asyncio.sleep(wait.pause())


def wait_until(
    call: Callable[[], T], predicate: Callable[[T], object] | None, timeout: float, retry_on: Errors
) -> T:
    wait = _Wait(timeout)
    while True:
        outer = WAIT_ENDS.set(wait.ends)
        try:
            answer = call()
        except retry_on as error:
            wait.failed(error)
        except DeadlineExceeded:
            if wait.left() > _FIRST_PAUSE:  # gRPC's clock may be a little ahead
                raise
            wait.give_up()
        else:
            if _seen(answer, predicate):
                return answer
            wait.answered(answer)
        finally:
            WAIT_ENDS.reset(outer)
        time.sleep(wait.pause())


def _seen(answer: T, predicate: Callable[[T], object] | None) -> bool:
    """Raises ConfigurationError for a coroutine or future: it is always true, whatever it will say."""
    verdict = predicate is None or predicate(answer)
    for name, value in (("call", answer), ("predicate", verdict)):
        if _unfinished.is_unfinished(value):
            _unfinished.end(value)
            raise ConfigurationError(
                f"`{name}` of `until` returned a {type(value).__name__}, not a result: "
                + ("it must be an ordinary function" if name == "predicate" else "wait for it in `call`")
            )
    return bool(verdict)


class _Wait:
    """How long it goes on, and what it has seen."""

    def __init__(self, timeout: float) -> None:
        check_timeout(timeout)
        self.ends = time.monotonic() + timeout
        self._timeout = timeout
        self._pause = _FIRST_PAUSE
        self._tries = 0
        self._last: Any = None
        self._error: ZitadelError | None = None

    def left(self) -> float:
        return max(0.0, self.ends - time.monotonic())

    def answered(self, answer: object) -> None:
        self._tries += 1
        self._last, self._error = answer, None

    def failed(self, error: ZitadelError) -> None:
        self._tries += 1
        self._last, self._error = None, error

    def pause(self) -> float:
        """Seconds until the next try, which is made even if little time is left. Raises WaitTimeoutError."""
        left = self.left()
        if left <= 0:
            self.give_up()
        jittered = random.uniform(0.5, 1.0) * self._pause  # noqa: S311 # no secret
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return min(jittered, max(left / 2, _FIRST_PAUSE))

    def give_up(self) -> NoReturn:
        tries = f"{self._tries} {'try' if self._tries == 1 else 'tries'}"
        seen = f"last seen in {tries}: {self._error or _outline(self._last)}" if self._tries else "no answer"
        raise WaitTimeoutError(
            f"not seen within {self._timeout:g} s; {seen}", last=self._last
        ) from self._error


def _outline(answer: Any) -> str:
    """What an answer holds, without the values: they may be secret."""
    name = type(answer).__name__
    if not hasattr(answer, "ListFields"):
        return name
    parts = (
        f"{len(value)} {field.name}" if field.is_repeated else field.name
        for field, value in answer.ListFields()
    )
    return f"{name}({', '.join(parts)})"
