"""Waits until writes are visible: lists, permissions and the token endpoint follow with a delay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from zitadel_grpc import AsyncClient
from zitadel_grpc.errors import CredentialsError, RpcError

Found = TypeVar("Found")
Error = TypeVar("Error", bound=Exception)

_PATIENCE = 15.0  # seconds


async def eventually(
    look: Callable[[], Awaitable[Found]], seen: Callable[[Found], object] | None = None
) -> Found:
    """Returns the result of `look` once `seen` accepts it. RPC errors are retried; the wait is bounded."""
    return await AsyncClient.wait_until(look, seen, timeout=_PATIENCE, retry_on=(RpcError, CredentialsError))


async def eventually_fails(look: Callable[[], Awaitable[object]], error: type[Error]) -> Error:
    """Waits until `look` raises this kind of error and returns it."""

    async def failure() -> Error | None:
        try:
            await look()
        except error as raised:
            return raised
        return None

    found = await eventually(failure, lambda raised: raised is not None)
    assert found
    return found
