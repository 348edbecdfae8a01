"""Values that stand for a response that has not arrived yet: coroutines, futures, gRPC calls, generators."""

from __future__ import annotations

import concurrent.futures
import contextlib
import inspect
from typing import Any

import grpc

_FUTURES = (grpc.Future, concurrent.futures.Future)


def is_pending(value: Any) -> bool:
    """Whether `value` must be awaited or iterated to get a response."""
    return (
        inspect.isawaitable(value)
        or isinstance(value, _FUTURES)
        or inspect.isgenerator(value)
        or inspect.isasyncgen(value)
    )


def discard(value: Any) -> None:
    """Cancels or closes `value`, so that Python does not warn about a coroutine that was never awaited."""
    for name in ("cancel", "close"):  # a gRPC call has both, and only `cancel` ends it
        method = getattr(value, name, None)
        if callable(method):
            with contextlib.suppress(Exception):  # it is running, or belongs to another event loop
                method()
            return
