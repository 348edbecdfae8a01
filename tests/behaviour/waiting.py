"""Waiting until a write is seen: lists, permissions and the token endpoint follow a moment later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from zitadel_grpc.errors import CredentialsError, RpcError

Found = TypeVar("Found")
Error = TypeVar("Error", bound=Exception)

_PATIENCE = 15.0  # seconds
_FIRST_PAUSE = 0.05
_LAST_PAUSE = 1.0


async def eventually(
    look: Callable[[], Awaitable[Found]], seen: Callable[[Found], object] = lambda _: True
) -> Found:
    """What `look` finds once `seen` holds of it; an error of ZITADEL's means: not yet. Bounded."""
    deadline, pause = time.monotonic() + _PATIENCE, _FIRST_PAUSE
    while True:
        is_late = time.monotonic() > deadline
        try:
            found = await look()
        except (RpcError, CredentialsError):
            if is_late:
                raise
        else:
            if seen(found):
                return found
            assert not is_late, f"not seen within {_PATIENCE:g} s; last: {found}"
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LAST_PAUSE)


async def eventually_fails(look: Callable[[], Awaitable[object]], error: type[Error]) -> Error:
    """The error of this kind that `look` raises in the end."""

    async def failure() -> Error | None:
        try:
            await look()
        except error as raised:
            return raised
        return None

    found = await eventually(failure, lambda raised: raised is not None)
    assert found
    return found
