"""The async client's channel: each call carries the cached token as plain metadata.

Not as call credentials: gRPC starts a thread for each call of a channel with a plugin (1.4 times the CPU of a
call), and reports what the plugin raises as UNAVAILABLE, which retries then repeat.
"""

from __future__ import annotations

import functools
from asyncio import get_running_loop
from collections.abc import Callable
from typing import Any, Self

import grpc
import grpc.aio

from zitadel_grpc._deprecation import warn_if_deprecated, warns
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._method_help import DocumentedMethod
from zitadel_grpc._options import Retries
from zitadel_grpc._transport.aio_connection import AsyncConnection
from zitadel_grpc._transport.call import AuthenticatedCall
from zitadel_grpc._transport.connection import call_timeout, check_call_options, check_request
from zitadel_grpc._transport.metadata import Pairs, merge
from zitadel_grpc._transport.requests import accept
from zitadel_grpc._transport.streams import StreamingMethod
from zitadel_grpc._transport.traced import TracedCall, propagated


class AuthenticatedUnaryUnary(DocumentedMethod, grpc.aio.UnaryUnaryMultiCallable[Any, Any]):
    """A method of a stub. Its gRPC counterpart is made at the first call: a stub has hundreds, a program uses
    few."""

    _accepts: type | None = None
    """The type of the last request, which was checked."""

    def __init__(
        self, connection: AsyncConnection, fixed: Pairs, retries: Retries, arguments: tuple[Any, ...]
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

    # The hot path: this method, AuthenticatedCall.__init__ and its __await__ are all that a call costs over
    # gRPC's own.
    @without_locals
    def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> AuthenticatedCall[Any, Any]:
        if type(request) is not self._accepts:
            self._accepts = self._check(request)
        if metadata is not None:
            pairs, has_authorization = merge(self._fixed, metadata)
        else:
            pairs, has_authorization = self._fixed, False
        if not (credentials is None and wait_for_ready is None and compression is None):
            check_call_options(credentials, wait_for_ready, compression)
        binding = self._connection.current
        if binding is None or binding.loop is not get_running_loop():
            binding = self._connection.bind()
        made = binding.methods.get(self._key)
        if made is None:
            made = binding.method(self._retries, self._arguments)
        method, line = made
        if self._target.validate:
            check_request(request, self.rpc)
        binding.counts.calls += 1
        own = has_authorization or credentials is not None
        make: Callable[..., AuthenticatedCall[Any, Any]] = AuthenticatedCall
        if (span := self._target.start_span(self.rpc)) is not None:
            make, pairs = functools.partial(TracedCall, span), propagated(span, self.rpc, pairs)
        return make(
            method,
            request,
            rpc=self.rpc,
            cache=None if own else self._target.cache,
            retries=self._retries,
            timeout=self._target.timeout if timeout is None else call_timeout(timeout),
            pairs=pairs,
            options={
                "credentials": credentials,
                "wait_for_ready": wait_for_ready,
                "compression": compression,
            },
            binding=binding,
            line=line,
            waits=self._connection.waits,
            via=self._target.proxy,
            connection_options=self._target.options,
        )


class AuthenticatedChannel(grpc.aio.Channel):
    """A `grpc.aio.Channel` that any generated stub works on. `fixed` is metadata that every call carries,
    `retries` says which are sent again."""

    def __init__(self, connection: AsyncConnection, fixed: Pairs, retries: Retries) -> None:
        self._connection = connection
        self.fixed = fixed
        self.retries: Retries = retries

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        _registered_method: bool | None = False,
    ) -> AuthenticatedUnaryUnary:
        arguments = method, request_serializer, response_deserializer, _registered_method
        return AuthenticatedUnaryUnary(self._connection, self.fixed, self.retries, arguments)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return StreamingMethod(self._connection.bind, self.fixed, "unary_stream", arguments, named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return StreamingMethod(self._connection.bind, self.fixed, "stream_unary", arguments, named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return StreamingMethod(self._connection.bind, self.fixed, "stream_stream", arguments, named)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._connection.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        state: grpc.ChannelConnectivity = self._connection.bind().line().channel.get_state(try_to_connect)
        return state

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._connection.bind().line().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._connection.bind().line().channel.channel_ready()
