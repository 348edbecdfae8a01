"""A synchronous call on a loop whose async client is obtaining the token with an async function."""

from __future__ import annotations

import asyncio

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.credentials import AccessToken


async def test_it_does_not_wait_for_the_loop_that_it_blocks() -> None:
    began, blocked = asyncio.Event(), asyncio.Event()

    async def function() -> str:
        if not began.is_set():
            began.set()
            await blocked.wait()
        return "a-token"

    credentials = AccessToken(function)
    async with AsyncClient("https://localhost:1", credentials) as client:
        waiting = asyncio.create_task(client.access_token())
        await began.wait()
        with Client("https://localhost:1", credentials) as blocking:
            assert blocking.access_token() == "a-token"
        blocked.set()
        assert await waiting == "a-token"
