"""Recognizes what stands for a response that is not there yet: it must not count as one."""

from __future__ import annotations

import concurrent.futures
import contextlib
import inspect
from typing import Any

import grpc

_FUTURES = (grpc.Future, concurrent.futures.Future)


def is_unfinished(value: Any) -> bool:
    """Whether `value` must be awaited, waited for or iterated before anything is known."""
    return (
        inspect.isawaitable(value)
        or isinstance(value, _FUTURES)
        or inspect.isgenerator(value)
        or inspect.isasyncgen(value)
    )


def end(value: Any) -> None:
    """Ends it. Python warns of coroutines that were never awaited."""
    for name in ("cancel", "close"):  # in this order: a grpc call has both, and its `close` ends nothing
        method = getattr(value, name, None)
        if callable(method):
            with contextlib.suppress(Exception):  # of another event loop, or it runs
                method()
            return
