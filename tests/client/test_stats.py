"""`stats()`: what a client reports to a health page."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc._stats import ClientStats
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import NotFound, TokenEndpointError
from zitadel_grpc.testing import Emulator

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"


async def test_calls_retries_and_refreshes_are_counted(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        assert client.stats() == ClientStats(0, 0, 0, None, 0)
        await asyncio.gather(*(client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(5)))
        with pytest.raises(NotFound):
            await client.with_org(emulator.organization_id).management.GetUserByID(GetUserByIDRequest(id="1"))
        first = client.stats()
        emulator.faults.revoke_all_tokens()
        await client.management.GetMyOrg(GetMyOrgRequest())
        emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after=0.01)
        await client.management.GetMyOrg(GetMyOrgRequest())
        last = client.stats()
    assert client.stats() == last

    assert (first.calls, first.retries, first.refreshes) == (6, 0, 1)
    assert (last.calls, last.retries, last.refreshes, last.failed_refreshes) == (8, 2, 2, 0)
    assert first.last_refresh is not None
    assert last.last_refresh is not None
    assert first.last_refresh < last.last_refresh
    assert abs(datetime.now(UTC) - last.last_refresh) < timedelta(minutes=1)


def test_calls_of_all_threads_are_counted(emulator: Emulator, options: ConnectionOptions) -> None:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        with ThreadPoolExecutor(8) as threads:
            list(
                threads.map(lambda _: client.management.GetMyOrg(GetMyOrgRequest()), range(200)),
            )
        assert client.stats() == ClientStats(200, 0, 0, None, 0)


def test_calls_of_loops_that_are_closed_still_count(emulator: Emulator, options: ConnectionOptions) -> None:
    client = AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options)

    async def once() -> None:
        await client.management.GetMyOrg(GetMyOrgRequest())

    for _ in range(3):
        asyncio.run(once())

    assert client.stats().calls == 3


def test_failed_refreshes_are_counted(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.respond(429, times=9)
    with Client(emulator.url, key, options=options) as client:
        with pytest.raises(TokenEndpointError):
            client.management.GetMyOrg(GetMyOrgRequest())
        assert client.stats() == ClientStats(1, 0, 0, None, 1)
