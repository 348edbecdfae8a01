"""The async client's channel: each call carries the cached token as plain metadata.

Call credentials are not used. On a channel with a plugin, gRPC starts a thread for each call (1.4 times the
CPU of a call), and it reports the plugin's errors as UNAVAILABLE, which is then retried.
"""

from __future__ import annotations

import functools
from asyncio import get_running_loop
from collections.abc import Callable
from typing import Any, Self

import grpc
import grpc.aio

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._transport.aio_call import AuthenticatedCall
from zitadel_grpc._transport.arguments import call_timeout
from zitadel_grpc._transport.base_channel import BaseChannel, BaseMethod


class AuthenticatedMethod(BaseMethod, grpc.aio.UnaryUnaryMultiCallable[Any, Any]):
    """A unary-unary method of a stub."""

    # The hot path: this method, AuthenticatedCall.__init__ and its __await__ are all that a call with a
    # cached token adds to the cost of gRPC itself.
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
        options = (credentials, wait_for_ready, compression)
        pairs, own = self._check(request, metadata, options)
        binding = self.connection.current
        if binding is None or binding.loop is not get_running_loop():
            binding = self.connection.bind()
        made = binding.methods.get(self._key)
        if made is None:
            made = binding.method(self.retries, self._arguments)
        binding.counts.calls += 1
        make: Callable[..., AuthenticatedCall[Any, Any]] = AuthenticatedCall
        if (span := self.target.start_span(self.rpc)) is not None:
            # Imported here: few programs trace.
            from zitadel_grpc._transport.traced import TracedCall, propagated

            make, pairs = functools.partial(TracedCall, span), propagated(span, self.rpc, pairs)
        return make(
            self,
            binding,
            made,
            request,
            self.target.timeout if timeout is None else call_timeout(timeout),
            pairs,
            None if own else self.target.cache,
            options,
        )


class AuthenticatedChannel(BaseChannel, grpc.aio.Channel):
    """A `grpc.aio.Channel` for any generated stub."""

    _method = AuthenticatedMethod

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._connection.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        state: grpc.ChannelConnectivity = self._connection.bind().get().channel.get_state(try_to_connect)
        return state

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._connection.bind().get().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._connection.bind().get().channel.channel_ready()
