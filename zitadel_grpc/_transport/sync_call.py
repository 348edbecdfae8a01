"""One call of the synchronous client. It sends and blocks; `flow` decides what happens after a failure."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import grpc

from zitadel_grpc._transport import forking
from zitadel_grpc._transport.arguments import CallOptions
from zitadel_grpc._transport.base_channel import BaseMethod
from zitadel_grpc._transport.channel_pool import MonitoredChannel
from zitadel_grpc._transport.failures import foreign_metadata, not_a_call, returned_no_call, unreadable
from zitadel_grpc._transport.flow import CallFlow
from zitadel_grpc._transport.metadata import Pairs, with_token
from zitadel_grpc._transport.requests import Unserializable, not_serialized
from zitadel_grpc._transport.sync_connection import Binding
from zitadel_grpc._transport.sync_future import CallFuture
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.credentials._waits import closed_error
from zitadel_grpc.errors import TokenEndpointError, ZitadelError


class BlockingCall:
    """A call that has not been sent yet. `made` has gRPC's own method and the channel that it uses."""

    def __init__(
        self,
        stub_method: BaseMethod,
        binding: Binding,
        made: tuple[Any, MonitoredChannel],
        request: Any,
        timeout: float,
        pairs: Pairs,
        cache: TokenCache | None,
        options: CallOptions,
    ) -> None:
        self._stub_method = stub_method
        self._binding = binding
        self._method, self._monitored = made
        self._request = request
        self._left = timeout
        self._deadline = time.monotonic() + timeout
        self._pairs = pairs
        self._cache = cache  # None: the call has its own authorization
        self._options = options

    def result(self) -> Any:
        """The response."""
        return self._run(self._method)

    def with_call(self) -> Any:
        """The response, and gRPC's own call."""
        return self._run(self._method.with_call)

    def future(self) -> CallFuture:
        """The call as a future. It is never retried, but a rejected token is dropped."""
        authorization = self._token()
        sent = with_token(self._pairs, authorization)
        began = time.monotonic()

        def end(ended: grpc.Call) -> None:
            code = ended.code()
            self._binding.ended(self._monitored, code, ended.details(), began)
            refused = code is grpc.StatusCode.UNAUTHENTICATED
            if refused and authorization is not None and self._cache is not None:
                self._cache.refused(authorization)

        def failure_of(error: Any) -> Any:
            return self._stub_method.failure_of(error, self._method, self._request, sent, None)

        entered = [forking.calls]

        def leave() -> None:  # once, even if an exception interrupts the lines below
            if entered:
                entered.pop().leave()

        entered[0].enter()  # until the call ends; `_send` is inside only while it starts the call
        try:
            future, failure = self._send(self._method.future, authorization)
            if failure is not None:
                raise failure
            if not hasattr(future, "add_done_callback"):
                raise not_a_call(self._stub_method.rpc, future)
            future.add_done_callback(lambda _: leave())
        except BaseException:
            failure = None  # avoids a reference cycle: its traceback refers to this frame
            leave()
            raise
        future.add_done_callback(end)
        return CallFuture(future, self._stub_method.rpc, failure_of)

    def _run(self, send: Callable[..., Any]) -> Any:
        authorization = self._token()
        delay: float | None = None
        while True:
            response, failure = self._send(send, authorization)
            if failure is None:
                self._monitored.last_received = time.monotonic()
                if response is not None and not (type(response) is tuple and response[0] is None):
                    if delay is not None:
                        self._flow.succeeded(authorization)
                    return response
                failure = unreadable(self._stub_method.rpc)
            delay = self._flow.delay_after(failure, authorization, self._deadline - time.monotonic())
            if delay is None:
                # Outside of `except`: otherwise gRPC's error would be the context. It cannot be pickled, and
                # Dask pickles contexts too.
                try:
                    raise failure
                finally:
                    del failure  # avoids a reference cycle: its traceback refers to this frame
            self._stub_method.waits.pause(delay)
            self._left = self._deadline - time.monotonic()
            authorization = self._token()
            self._flow.check_resend(authorization)
            self._stub_method.connection.count(retries=1)

    @functools.cached_property
    def _flow(self) -> CallFlow:
        return CallFlow(self._stub_method.rpc, self._cache, self._stub_method.retries)

    def _token(self) -> str | None:
        if self._cache is None:
            return None
        if authorization := self._cache.authorization():
            return authorization
        try:
            authorization = self._cache.wait(self._left, self._stub_method.waits)
        except (TimeoutError, TokenEndpointError) as error:
            self._flow.no_token(error, self._left)
        self._left = self._deadline - time.monotonic()
        return authorization

    def _send(self, send: Callable[..., Any], authorization: str | None) -> tuple[Any, ZitadelError | None]:
        sent = with_token(self._pairs, authorization)
        gate = forking.calls
        gate.enter()
        try:
            return send(self._request, self._left, sent, *self._options), None
        except (grpc.RpcError, ValueError, AttributeError, Unserializable) as error:
            return None, self._failure(error, sent)
        finally:
            gate.leave()

    def _failure(self, error: BaseException, sent: Pairs) -> ZitadelError:
        """Returns the error to raise for `error`. Raises an interceptor's own error unchanged."""
        if isinstance(error, Unserializable):
            return not_serialized(self._stub_method.rpc, error)
        if isinstance(error, grpc.RpcError) and isinstance(error, grpc.Call):
            self._binding.ended(self._monitored, error.code(), error.details(), self._deadline - self._left)
            earlier = self._flow.failure
            return self._stub_method.failure_of(error, self._method, self._request, sent, earlier)
        if isinstance(error, ValueError):
            if self._stub_method.waits.is_closed:  # while the call waited for its token
                return closed_error()
            if "metadata was invalid" in str(error):  # gRPC's text quotes all of it, with the token
                return foreign_metadata(self._stub_method.rpc)
        if isinstance(error, AttributeError) and returned_no_call(error):
            return not_a_call(self._stub_method.rpc, error.obj)
        raise error
