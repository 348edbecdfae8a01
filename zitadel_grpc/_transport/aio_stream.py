"""The streaming calls of grpc.aio, with an error for every request or response that gRPC would lose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc._transport.failures import unreadable


class CheckedStream:
    """gRPC's call with checks. Requests are checked as they are written: for an invalid one, gRPC would send
    an empty message. A response that cannot be read raises Internal, where gRPC would return None.

    `refused` contains the error that ended the iterator of requests, after which gRPC cancels the call.
    `on_end` is called with the call's status code and details."""

    def __init__(
        self,
        call: Any,
        rpc: str,
        check: Callable[[Any], Any],
        refused: list[Exception],
        on_end: Callable[[grpc.StatusCode, str | None], None],
    ) -> None:
        self._call = call
        self._rpc = rpc
        self._check = check
        self._refused = refused
        self._on_end = on_end

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_call":
            raise AttributeError(name)
        return getattr(self._call, name)

    async def write(self, request: Any) -> None:
        await self._ended(self._call.write(self._check(request)))

    async def code(self) -> grpc.StatusCode:
        code: grpc.StatusCode = await self._call.code()
        self._on_end(code, await self._call.details())
        return code

    async def read(self) -> Any:
        return self._readable(await self._ended(self._call.read()))

    async def __aiter__(self) -> AsyncIterator[Any]:
        responses = self._call.__aiter__()
        while True:
            try:
                response = await self._ended(responses.__anext__())
            except StopAsyncIteration:
                self._on_end(grpc.StatusCode.OK, "")
                return
            yield self._readable(response)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._response().__await__()

    async def _response(self) -> Any:
        return self._readable(await self._ended(self._call))

    async def _ended(self, waiting: Any) -> Any:
        try:
            return await waiting
        except grpc.aio.AioRpcError as error:
            self._on_end(error.code(), error.details())
            raise
        except asyncio.CancelledError:
            if not self._refused or not self._call.cancelled():
                raise
        raise self._refused[0]

    def _readable(self, response: Any) -> Any:
        if response is None:
            raise unreadable(self._rpc)
        return response


for _kind in (grpc.aio.UnaryStreamCall, grpc.aio.StreamUnaryCall, grpc.aio.StreamStreamCall):
    _kind.register(CheckedStream)
