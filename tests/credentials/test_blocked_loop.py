"""A synchronous call on a loop whose async client is obtaining the token with an async function."""

from __future__ import annotations

import asyncio
import time

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.credentials import AccessToken


async def test_it_does_not_wait_for_the_loop_that_it_blocks() -> None:
    async def function() -> str:
        await asyncio.sleep(0.3)
        return "a-token"

    credentials = AccessToken(function)
    async with AsyncClient("https://localhost:1", credentials) as client:
        waiting = asyncio.create_task(client.access_token())
        await asyncio.sleep(0.1)
        with Client("https://localhost:1", credentials) as blocking:
            began = time.monotonic()
            assert blocking.access_token() == "a-token"
            assert time.monotonic() - began < 8
        assert await waiting == "a-token"
