"""Leaving an AsyncPager before the end of its list leaves no call in progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import pytest

from tests.pagination.users import LIST_USERS, ids, list_users
from tests.transport.counting import until
from zitadel_grpc import AsyncClient
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.pagination import AsyncPager
from zitadel_grpc.testing import Emulator


async def broken_off(pager: AsyncPager[User]) -> None:
    async for _ in pager:
        break


async def broken_off_between_pages(pager: AsyncPager[User]) -> None:
    async for _ in pager.pages():
        break


async def closed(pager: AsyncPager[User]) -> None:
    async with pager:
        await anext(pager)
    assert [user async for user in pager] == []
    assert [page async for page in pager.pages()] == []


@pytest.mark.parametrize("end", [broken_off, broken_off_between_pages, closed])
@pytest.mark.usefixtures("users")
async def test_an_early_end_cancels_the_prefetch(
    client: AsyncClient, emulator: Emulator, end: Callable[[AsyncPager[User]], Awaitable[None]]
) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    before = asyncio.all_tasks()
    emulator.faults.latency = 1.0

    await end(list_users(client, prefetch=True))

    await until(lambda: asyncio.all_tasks() <= before)
    sent = [call for call in emulator.calls if call.rpc == LIST_USERS and call.code is grpc.StatusCode.OK]
    assert len(sent) == 1


async def test_a_cancelled_step_can_be_repeated(
    client: AsyncClient, emulator: Emulator, users: list[str]
) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    emulator.faults.latency = 30.0
    pager = list_users(client)
    step = asyncio.ensure_future(anext(pager))
    await asyncio.sleep(0)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    emulator.faults.latency = 0.0
    assert ids([user async for user in pager]) == users


@pytest.mark.usefixtures("users")
async def test_closing_the_pager_during_a_call_ends_its_iteration(
    client: AsyncClient, emulator: Emulator
) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    emulator.faults.latency = 0.5
    pager = list_users(client)
    step = asyncio.ensure_future(anext(pager, None))
    await asyncio.sleep(0.1)
    await pager.aclose()
    assert await step is None
    assert [user async for user in pager] == []
