"""One authenticated call: sent at once with the cached token, or when there is one, and once more if it is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import grpc
import grpc.aio

from zitadel_grpc.credentials.cache import TokenCache
from zitadel_grpc.errors import RpcError
from zitadel_grpc.transport.connection import no_token_in_time, outcome_of
from zitadel_grpc.transport.metadata import AUTHORIZATION, Pairs

Request = TypeVar("Request")
Response = TypeVar("Response")

_UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


class AuthenticatedCall(grpc.aio.UnaryUnaryCall[Request, Response]):
    """What a stub's method returns: gRPC's own call object but for the token.

    With a token at hand, awaiting it is awaiting gRPC's call and nothing else. What takes longer (no token yet, a
    token that was refused) goes on in a task, made when it is needed. Nothing is sent twice unless the server
    answered UNAUTHENTICATED, and that means that it did nothing.
    """

    def __init__(
        self,
        inner: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        rpc: str,
        cache: TokenCache | None,
        timeout: float,
        pairs: Pairs,
        options: dict[str, Any],
    ) -> None:
        self._inner = inner
        self._request = request
        self._rpc = rpc
        self._cache = cache  # None: the call brings its own authorization
        self._deadline = time.monotonic() + timeout
        self._pairs = pairs
        self._options = options
        self._header: str | None = None
        self._attempt: grpc.aio.UnaryUnaryCall[Request, Response] | None = None
        self._task: asyncio.Task[Response] | None = None
        if cache is None:
            self._attempt = inner(request, timeout=timeout, metadata=pairs, **options)
        elif header := cache.authorization():
            self._send(header)
        else:
            self._start()

    def __await__(self) -> Generator[Any, None, Response]:
        if self._task is None and self._attempt is not None:
            try:
                return (yield from self._attempt.__await__())
            except grpc.aio.AioRpcError as error:
                if self._cache is None or error.code() is not _UNAUTHENTICATED:
                    raise RpcError.of(error, self._rpc) from None
        return (yield from self._start().__await__())

    def _send(self, header: str) -> grpc.aio.UnaryUnaryCall[Request, Response]:
        self._header = header
        self._attempt = self._inner(
            self._request,
            timeout=self._deadline - time.monotonic(),
            metadata=(*self._pairs, (AUTHORIZATION, header)),
            **self._options,
        )
        return self._attempt

    def _start(self) -> asyncio.Task[Response]:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._complete())
            self._task.add_done_callback(_retrieve)
        return self._task

    async def _complete(self) -> Response:
        try:
            return await (self._attempt or self._send(await self._token()))
        except grpc.aio.AioRpcError as error:
            cache, header = self._cache, self._header
            if (
                cache is None
                or header is None
                or error.code() is not _UNAUTHENTICATED
                or not cache.refused(header)
            ):
                raise RpcError.of(error, self._rpc) from None
            refusal = error
        renewed = await self._token()
        if renewed == header:
            raise RpcError.of(refusal, self._rpc)
        try:
            response = await self._send(renewed)
        except grpc.aio.AioRpcError as error:
            if error.code() is not _UNAUTHENTICATED:
                cache.accepted(renewed)
            raise RpcError.of(error, self._rpc) from None
        cache.accepted(renewed)
        return response

    async def _token(self) -> str:
        assert self._cache is not None
        if header := self._cache.authorization():
            return header
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                return await self._cache.wait_async()
        except TimeoutError:
            raise no_token_in_time(self._rpc) from None

    async def _settled(self) -> grpc.aio.UnaryUnaryCall[Request, Response] | None:
        """Waits for the end, without raising what it ended with. Gives the attempt that tells how it went, None if
        that was no attempt's doing."""
        if (
            self._task is None
            and self._attempt is not None
            and (self._cache is None or await self._attempt.code() is not _UNAUTHENTICATED)
        ):
            return self._attempt
        task = self._start()
        await asyncio.wait({task})
        return self._attempt if task.cancelled() or isinstance(task.exception(), RpcError | None) else None

    async def code(self) -> grpc.StatusCode:
        attempt = await self._settled()
        return await attempt.code() if attempt is not None else self._failed_unsent()[0]

    async def details(self) -> str:
        attempt = await self._settled()
        return await attempt.details() if attempt is not None else self._failed_unsent()[1]

    async def initial_metadata(self) -> grpc.aio.Metadata:
        attempt = await self._settled()
        return await attempt.initial_metadata() if attempt is not None else grpc.aio.Metadata()

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        attempt = await self._settled()
        return await attempt.trailing_metadata() if attempt is not None else grpc.aio.Metadata()

    async def debug_error_string(self) -> str:
        """gRPC's own account of the failure, for bug reports."""
        attempt: Any = await self._settled()  # not in gRPC's abstract class, but in its calls
        return str(await attempt.debug_error_string()) if attempt is not None else self._failed_unsent()[1]

    async def wait_for_connection(self) -> None:
        await self

    def _failed_unsent(self) -> tuple[grpc.StatusCode, str]:
        assert self._task is not None
        error = asyncio.CancelledError() if self._task.cancelled() else self._task.exception()
        assert error is not None
        return outcome_of(error)

    def cancel(self) -> bool:
        if self._task is not None:
            return self._task.cancel()
        return self._attempt is not None and self._attempt.cancel()

    def cancelled(self) -> bool:
        if self._task is not None:
            return self._task.cancelled()
        return self._attempt is not None and self._attempt.cancelled()

    def done(self) -> bool:
        if self._task is not None:
            return self._task.done()
        return self._attempt is not None and self._attempt.done()

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        # By a task, so that it tells the end of the call and not that of a first try that was refused.
        self._start().add_done_callback(lambda _: callback(self))

    def time_remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Keeps asyncio from logging the exception of a call that nobody awaits; gRPC does not log those either."""
    if not task.cancelled():
        task.exception()
