"""Connections that die unnoticed: nothing is closed, and nothing arrives."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest

from tests.credentials.caches import wait_until
from tests.transport.counting import Traffic
from tests.transport.relay import Relay, relaying
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc._options import Retries
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import DeadlineExceeded
from zitadel_grpc.testing import Emulator


@pytest.fixture
def relay(emulator: Emulator) -> Iterator[Relay]:
    with relaying(int(emulator.url.rpartition(":")[2])) as relay:
        yield relay


def _options(emulator: Emulator, retries: Retries = "reads") -> ConnectionOptions:
    return ConnectionOptions(root_certificates=emulator.root_certificates, retries=retries)


@pytest.mark.parametrize("retries", ["reads", "all", "none"])
def test_a_sync_client_recovers_within_one_deadline(
    emulator: Emulator, relay: Relay, retries: Retries
) -> None:
    with Client(relay.url, PersonalAccessToken(emulator.pat), options=_options(emulator)) as client:
        view = client.with_retries(retries)
        view.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
        relay.freeze()
        with pytest.raises(DeadlineExceeded):
            view.management.GetMyOrg(GetMyOrgRequest(), timeout=1)

        assert view.management.GetMyOrg(GetMyOrgRequest(), timeout=10).org.name == "ZITADEL"
        relay.freeze()
        with pytest.raises(DeadlineExceeded):
            view.management.GetMyOrg(GetMyOrgRequest(), timeout=1)
        view.management.GetMyOrg.with_call(GetMyOrgRequest(), timeout=10)
        relay.freeze()
        assert view.management.GetMyOrg.future(GetMyOrgRequest(), timeout=1).exception(10) is not None
        assert view.management.GetMyOrg.future(GetMyOrgRequest(), timeout=10).result(10).org.name == "ZITADEL"


@pytest.mark.parametrize("retries", ["reads", "all", "none"])
def test_an_async_client_recovers_within_one_deadline(
    emulator: Emulator, relay: Relay, retries: Retries
) -> None:
    async def run() -> None:
        pat = PersonalAccessToken(emulator.pat)
        async with AsyncClient(relay.url, pat, options=_options(emulator)) as client:
            view = client.with_retries(retries)
            for _ in range(2):
                await view.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
                relay.freeze()
                with pytest.raises(DeadlineExceeded):
                    await view.management.GetMyOrg(GetMyOrgRequest(), timeout=1)
            response = await view.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
            assert response.org.name == "ZITADEL"

    asyncio.run(run())


def test_at_most_one_connection_is_opened_per_deadline(emulator: Emulator, relay: Relay) -> None:
    async def run() -> None:
        pat = PersonalAccessToken(emulator.pat)
        async with AsyncClient(relay.url, pat, options=_options(emulator)) as client:
            await client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
            relay.freeze()
            relay.refuses = True
            before = relay.accepted
            for _ in range(3):
                calls = [client.management.GetMyOrg(GetMyOrgRequest(), timeout=1.2) for _ in range(20)]
                ended = await asyncio.gather(*calls, return_exceptions=True)
                assert {type(failure) for failure in ended} == {DeadlineExceeded}
            assert relay.accepted - before <= 3

    asyncio.run(run())


def test_calls_in_progress_finish_on_the_old_connection(emulator: Emulator, relay: Relay) -> None:
    async def run() -> None:
        pat = PersonalAccessToken(emulator.pat)
        async with AsyncClient(relay.url, pat, options=_options(emulator)) as client:
            await client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
            emulator.faults.latency = 4
            slow = client.management.GetMyOrg(GetMyOrgRequest(), timeout=20)
            with pytest.raises(DeadlineExceeded):
                await client.management.GetMyOrg(GetMyOrgRequest(), timeout=1)
            emulator.faults.latency = 0
            accepted = relay.accepted
            await client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
            assert relay.accepted == accepted + 1
            assert (await slow).org.name == "ZITADEL"

    asyncio.run(run())


def test_a_slow_call_does_not_replace_a_connection_that_serves_others(
    emulator: Emulator, relay: Relay
) -> None:
    with Client(relay.url, PersonalAccessToken(emulator.pat), options=_options(emulator)) as client:
        client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
        emulator.faults.latency = 4
        slow = threading.Thread(target=_expires, args=(client,))
        slow.start()
        wait_until(lambda: Traffic(emulator).in_progress == 1)
        emulator.faults.latency = 0
        client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)
        slow.join(20)
        client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)

        assert relay.accepted == 1


def _expires(client: Client) -> None:
    with contextlib.suppress(DeadlineExceeded):
        client.management.GetMyOrg(GetMyOrgRequest(), timeout=3)
