"""Keeps secrets out of tracebacks: Sentry, `rich` and others show the local variables of each frame."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_CLEARED = (
    "zitadel_grpc._async_client",
    "zitadel_grpc._base_client",
    "zitadel_grpc._client",
    "zitadel_grpc.credentials",
    "zitadel_grpc._endpoint",
    "zitadel_grpc._environment",
    "zitadel_grpc._option_checks",
    "zitadel_grpc._options",
    "zitadel_grpc._proxies",
    "zitadel_grpc._proxy_url",
    "zitadel_grpc.scopes",
    "zitadel_grpc._transport",
    "zitadel_grpc._trust",
    "grpc",
    "httpx2",
    "httpcore2",
    "h11",
    "h2",
    "jwt",
    "json",
)
"""Modules whose frames hold tokens and keys. All other frames keep their variables, for debugging."""


def without_locals(function: Callable[P, R]) -> Callable[P, R]:
    """Wraps `function`: the traceback of its errors holds no local variables and no arguments."""

    @functools.wraps(function)
    def guarded(*given: P.args, **named: P.kwargs) -> R:
        try:
            return function(*given, **named)
        except BaseException as error:
            del given, named  # this frame is in the traceback too
            clear_frames(error)
            raise

    return guarded


def init_without_locals(cls: type[T]) -> type[T]:
    """`without_locals` for the constructor of a dataclass."""
    cls.__init__ = without_locals(cls.__init__)  # type: ignore[method-assign]
    return cls


def clear_frames(error: BaseException) -> None:
    """Clears the finished frames of `error`, its causes and its contexts."""
    for one in _chain(error):
        traceback = one.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            name = str(frame.f_globals.get("__name__", ""))
            if any(name == module or name.startswith(f"{module}.") for module in _CLEARED):
                with contextlib.suppress(RuntimeError):  # the frame is still running
                    frame.clear()
            traceback = traceback.tb_next


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [other for other in (one.__cause__, one.__context__) if other is not None]
            if isinstance(one, BaseExceptionGroup):
                todo += one.exceptions
