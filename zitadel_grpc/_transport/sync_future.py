"""The result of a synchronous method's `.future()`: gRPC's future, with this package's errors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

import grpc

from zitadel_grpc import _compat
from zitadel_grpc._errors.frames import clear_frames
from zitadel_grpc._transport.failures import unreadable
from zitadel_grpc.errors import RpcError

if TYPE_CHECKING:
    _Future = grpc.Future[Any]
else:  # generic for type checkers only
    _Future = grpc.Future


class CallFuture(_Future, grpc.Call):
    """A call in progress. Waiting for it raises the errors of a call, gRPC's FutureCancelledError if it was
    cancelled, or gRPC's FutureTimeoutError after `timeout` seconds."""

    def __init__(self, call: Any, rpc: str, failure_of: Callable[[Any], RpcError]) -> None:
        self._call = call
        self._rpc = rpc
        self._failure_of = failure_of

    def result(self, timeout: float | None = None) -> Any:
        failure = self.exception(timeout)
        if failure is None:
            return self._call.result(0)
        try:
            raise failure
        finally:
            del failure  # avoids a reference cycle: its traceback refers to this frame

    def exception(self, timeout: float | None = None) -> Exception | None:
        try:
            failure = self._call.exception(timeout)
        except BaseException as error:
            clear_frames(error)
            raise
        if failure is None and self._call.result(0) is None:
            return unreadable(self._rpc)
        return None if failure is None else self._failure

    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        try:
            self.result(timeout)
        except (grpc.FutureTimeoutError, grpc.FutureCancelledError):
            raise
        except Exception as error:
            return error.__traceback__
        return None

    @functools.cached_property
    def _failure(self) -> Exception:
        failure = self._call.exception()
        if isinstance(failure, grpc.Call):
            return self._failure_of(_Ended(self._call))
        clear_frames(failure)
        return failure  # type: ignore[no-any-return]  # an interceptor's own

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        self._call.add_done_callback(lambda _: fn(self))

    def cancel(self) -> bool:
        return bool(self._call.cancel())

    def cancelled(self) -> bool:
        return bool(self._call.cancelled())

    def running(self) -> bool:
        return bool(self._call.running())

    def done(self) -> bool:
        return bool(self._call.done())

    def is_active(self) -> bool:
        return bool(self._call.is_active())

    def time_remaining(self) -> Any:
        return self._call.time_remaining()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return bool(self._call.add_callback(callback))

    def code(self) -> Any:
        return self._call.code()

    def details(self) -> Any:
        return self._asked("details")

    def initial_metadata(self) -> Any:
        return self._asked("initial_metadata")

    def trailing_metadata(self) -> Any:
        return self._asked("trailing_metadata")

    def _asked(self, name: str) -> Any:
        code = self._call.code()
        if code is grpc.StatusCode.OK or self._call.cancelled():
            return getattr(self._call, name)()
        return getattr(self._failure, name, getattr(self._call, name))()


class _Ended:
    """A failed call, without `debug_error_string` if that would wait forever."""

    def __init__(self, call: Any) -> None:
        self.code = call.code
        self.details = call.details
        self.initial_metadata = call.initial_metadata
        self.trailing_metadata = call.trailing_metadata
        if _compat.has_debug_error_string(call):
            self.debug_error_string = call.debug_error_string
