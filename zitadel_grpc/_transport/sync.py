"""The synchronous client's calls: the twin of `aio` and `call`, waiting by blocking."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import grpc

from zitadel_grpc._deprecation import warn_if_deprecated, warns
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._method_help import DocumentedMethod
from zitadel_grpc._options import Retries
from zitadel_grpc._transport import forking, traced
from zitadel_grpc._transport.connection import (
    call_timeout,
    check_call_options,
    check_request,
    foreign_metadata,
    log_retry,
    no_token_in_time,
    unreadable,
)
from zitadel_grpc._transport.evidence import note
from zitadel_grpc._transport.future import CallFuture
from zitadel_grpc._transport.grpc_errors import from_grpc_error
from zitadel_grpc._transport.lines import Line
from zitadel_grpc._transport.metadata import AUTHORIZATION, Pairs, merge
from zitadel_grpc._transport.requests import Unserializable, accept, not_serialized
from zitadel_grpc._transport.retries import Tries
from zitadel_grpc._transport.sync_connection import SyncConnection
from zitadel_grpc._transport.undone import surely_not_done
from zitadel_grpc.credentials._waits import closed_error
from zitadel_grpc.errors import RpcError, TokenEndpointError, ZitadelError

_UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
if TYPE_CHECKING:
    _MultiCallable = grpc.UnaryUnaryMultiCallable[Any, Any]
else:  # generic for type checkers only
    _MultiCallable = grpc.UnaryUnaryMultiCallable

WAIT_ENDS: ContextVar[float | None] = ContextVar("zitadel_grpc_wait_ends", default=None)
"""When (`time.monotonic`) calls made here have to end, whatever their own timeout: nothing else can end a
blocking call that somebody's function makes."""

_Options = tuple[grpc.CallCredentials | None, bool | None, grpc.Compression | None]


class AuthenticatedUnaryUnary(DocumentedMethod, _MultiCallable):
    """A method of a stub. Its gRPC counterpart is made at the first call."""

    _accepts: type | None = None
    """The type of the last request, which was checked."""

    def __init__(
        self, connection: SyncConnection, fixed: Pairs, retries: Retries, arguments: tuple[Any, ...]
    ) -> None:
        self._connection = connection
        self._target = connection.target
        self._fixed = fixed
        self._retries: Retries = retries
        self._arguments = arguments
        self._key = (retries, *arguments)
        self.rpc = arguments[0].lstrip("/")

    def bind(self, fixed: Pairs, retries: Retries) -> AuthenticatedUnaryUnary:
        """This method for a view of the client."""
        return AuthenticatedUnaryUnary(self._connection, fixed, retries, self._arguments)

    def described(self, request: Any) -> tuple[str, Any]:
        """The RPC's full name, and an empty response of its kind. Raises InvalidRequest if it does not take
        `request`."""
        self._check(request)
        return self.rpc, self._arguments[2](b"")

    def warn_if_deprecated(self) -> None:
        """Warns, if the client's options ask for that."""
        if warns(self._target.options):
            warn_if_deprecated(self.rpc)

    def _check(self, request: Any) -> type:
        accepted = accept(request, self.rpc, self._arguments[2])
        self.warn_if_deprecated()
        return accepted

    @without_locals
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        options = (credentials, wait_for_ready, compression)
        send, line = self._method(request)
        return self._call(send, line, request, timeout, metadata, options)

    @without_locals
    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        options = (credentials, wait_for_ready, compression)
        send, line = self._method(request)
        return self._call(send.with_call, line, request, timeout, metadata, options)

    @without_locals
    def future(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        """A `grpc.Future` that is also a `grpc.Call`, with the errors of a call. Waits here for a token, if
        there is none. A call that is refused is not tried again, but the next one gets another token."""
        options = (credentials, wait_for_ready, compression)
        method, line = self._method(request)
        send = method.future
        pairs, own = self._merged(metadata, options)
        left = self._seconds(timeout)
        if (span := self._target.start_span(self.rpc)) is None:
            return self._future(send, line, request, left, pairs, own, options)
        pairs = traced.propagated(span, self.rpc, pairs)
        return traced.future(
            span, self.rpc, lambda: self._future(send, line, request, left, pairs, own, options)
        )

    def _future(
        self,
        send: Callable[..., Any],
        line: Line,
        request: Any,
        left: float,
        pairs: Pairs,
        own: bool,
        options: _Options,
    ) -> Any:
        header = None
        if not own:
            header, left = self._token(left)
            pairs = (*pairs, (AUTHORIZATION, header))
        cache, binding = self._target.cache, self._connection.current
        sent = time.monotonic()

        def end(ended: grpc.Call) -> None:
            code = ended.code()
            if binding is not None:
                binding.ended(line, code, ended.details(), sent)
            if header is not None and code is _UNAUTHENTICATED:
                cache.refused(header)

        gate = forking.calls
        gate.enter()  # until it ends: `_sent` counts the start only
        try:
            future = self._sent(send, request, left, pairs, options)
            future.add_done_callback(lambda _: gate.leave())
        except BaseException:
            gate.leave()
            raise
        future.add_done_callback(end)
        method = getattr(send, "__self__", send)
        told = functools.partial(
            note, method=method, request=request, options=self._target.options, retries=self._retries
        )
        return CallFuture(future, self.rpc, pairs, self._target.proxy, told)

    def _method(self, request: Any) -> tuple[Any, Line]:
        """gRPC's own counterpart, for a call that is about to be made, and what it uses."""
        if type(request) is not self._accepts:
            self._accepts = self._check(request)
        binding = self._connection.current or self._connection.bind()
        method = binding.methods.get(self._key)
        if method is None:
            method = binding.method(self._retries, self._arguments)
        if self._target.validate:
            check_request(request, self.rpc)
        self._connection.count(calls=1)
        return method

    def _seconds(self, timeout: float | None) -> float:
        left = self._target.timeout if timeout is None else call_timeout(timeout)
        ends = WAIT_ENDS.get()
        return left if ends is None else max(0.0, min(left, ends - time.monotonic()))

    def _merged(self, metadata: Any, options: _Options) -> tuple[Pairs, bool]:
        """The metadata but for the token, and whether the call brings its own."""
        if options != (None, None, None):
            check_call_options(*options)
        credentials = options[0]
        if metadata is None:
            return self._fixed, credentials is not None
        pairs, has_authorization = merge(self._fixed, metadata)
        return pairs, has_authorization or credentials is not None

    def _call(
        self,
        send: Callable[..., Any],
        line: Line,
        request: Any,
        timeout: float | None,
        metadata: Any,
        options: _Options,
    ) -> Any:
        pairs, own = self._merged(metadata, options)
        left = self._seconds(timeout)
        if (span := self._target.start_span(self.rpc)) is None:
            return self._tries(send, line, request, left, pairs, own, options)
        pairs = traced.propagated(span, self.rpc, pairs)
        return traced.call(
            span, self.rpc, lambda: self._tries(send, line, request, left, pairs, own, options)
        )

    def _tries(
        self,
        send: Callable[..., Any],
        line: Line,
        request: Any,
        left: float,
        pairs: Pairs,
        own: bool,
        options: _Options,
    ) -> Any:
        cache = None if own else self._target.cache
        tries: Tries | None = None  # made at the first failure
        deadline = time.monotonic() + left
        failure: RpcError | None = None
        binding = self._connection.current
        while True:
            header = None
            if cache is not None:
                header, left = self._token(left, failure)
            if tries is not None and failure is not None:
                if not tries.worthwhile(header):
                    raise failure
                self._connection.count(retries=1)
                log_retry(failure)
            sent = pairs if header is None else (*pairs, (AUTHORIZATION, header))
            try:
                answer = self._sent(send, request, left, sent, options)
            except RpcError as error:
                if binding is not None:
                    binding.ended(line, error.code(), error.details(), deadline - left)
                note(
                    error,
                    getattr(send, "__self__", send),
                    request,
                    self._target.options,
                    self._retries,
                    failure,
                )
                tries = tries or Tries(cache, self._retries)
                pause = tries.pause_after(error, header, deadline - time.monotonic())
                if pause is None:
                    raise
                failure = error
            else:
                line.heard = time.monotonic()
                if tries is not None:
                    tries.succeeded(header)
                return answer
            self._connection.waits.pause(pause)
            left = deadline - time.monotonic()

    def _sent(
        self, send: Callable[..., Any], request: Any, left: float, metadata: Pairs, options: _Options
    ) -> Any:
        gate = forking.calls
        gate.enter()
        try:
            answer = send(request, left, metadata, *options)
            if answer is not None and not (type(answer) is tuple and answer[0] is None):
                return answer
            failure: ZitadelError = unreadable(self.rpc)
        except Unserializable as error:
            failure = not_serialized(self.rpc, error)
        except grpc.RpcError as error:
            if not isinstance(error, grpc.Call):
                raise  # an interceptor's own
            failure = from_grpc_error(error, self.rpc, metadata, self._target.proxy)
        except ValueError as error:
            if self._connection.waits.is_closed:  # while the call waited for its token
                raise closed_error() from None
            if "metadata was invalid" not in str(error):
                raise  # an interceptor's own
            failure = foreign_metadata(self.rpc)  # gRPC's own text quotes all of it, with the token
        finally:
            gate.leave()
        # Outside of `except`: else gRPC's error, a call that cannot be pickled, were its context, and Dask
        # sends that along.
        try:
            raise failure
        finally:
            del failure  # else its traceback, and so this frame, would keep it: a cycle for each

    def _token(self, left: float, earlier: RpcError | None = None) -> tuple[str, float]:
        """The token, and how many seconds are left of `left`."""
        cache = self._target.cache
        if header := cache.authorization():
            return header, left
        deadline = time.monotonic() + left
        try:
            return cache.wait(left, self._connection.waits), deadline - time.monotonic()
        except TimeoutError:
            raise no_token_in_time(self.rpc, left, earlier) from None
        except TokenEndpointError as error:
            if earlier is None or surely_not_done(earlier):
                raise
            raise earlier from error  # that one tells that the call may have been executed
