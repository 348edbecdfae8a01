"""A refused token (UNAUTHENTICATED): one retry with a new token where that helps, and no other retry."""

from __future__ import annotations

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import grpc
import grpc.aio
import pytest

from tests.transport.counting import Traffic, until
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken, JwtProfile, PersonalAccessToken, Token
from zitadel_grpc.errors import CredentialsError, DeadlineExceeded, Unauthenticated, Unavailable
from zitadel_grpc.testing import Emulator

OK, UNAUTHENTICATED = grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED


async def test_calls_refused_together_cause_one_refresh_and_all_succeed(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest())
        emulator.faults.revoke_all_tokens()
        traffic = Traffic(emulator)

        await asyncio.gather(*(client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(100)))

    assert traffic.token_requests == 1
    assert traffic.codes == {UNAUTHENTICATED: 100, OK: 100}


def test_calls_of_8_threads_refused_together_cause_one_refresh_and_all_succeed(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    with Client(emulator.url, key, options=options) as client:
        client.management.GetMyOrg(GetMyOrgRequest())
        emulator.faults.revoke_all_tokens()
        traffic = Traffic(emulator)
        start = threading.Barrier(8)

        def call(way: int) -> None:
            start.wait(10)
            method = client.management.GetMyOrg
            _ = method(GetMyOrgRequest()) if way % 2 else method.with_call(GetMyOrgRequest())

        with ThreadPoolExecutor(8) as threads:
            assert len(list(threads.map(call, range(8)))) == 8

    assert traffic.token_requests == 1
    assert traffic.codes[OK] == 8


async def test_a_retried_call_reports_the_second_attempt(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        emulator.faults.revoke_all_tokens()

        for way in ("await", "code", "callback"):
            emulator.faults.revoke_all_tokens()
            call = client.management.GetMyOrg(GetMyOrgRequest())
            if way == "await":
                await call
            if way == "callback":
                ended: list[object] = []
                call.add_done_callback(ended.append)
                await until(functools.partial(len, ended))
            assert await call.code() is OK
            assert (await call).org.name == "ZITADEL"


@pytest.mark.parametrize("token", [PersonalAccessToken("ey.no.such.token"), AccessToken("ey.no.such.token")])
async def test_a_token_that_cannot_be_renewed_is_not_retried(
    emulator: Emulator, options: ConnectionOptions, token: PersonalAccessToken | AccessToken
) -> None:
    traffic = Traffic(emulator)

    async with AsyncClient(emulator.url, token, options=options) as client:
        with pytest.raises(Unauthenticated) as raised:
            await client.management.GetMyOrg(GetMyOrgRequest())
    with Client(emulator.url, token, options=options) as sync_client, pytest.raises(Unauthenticated):
        sync_client.management.GetMyOrg(GetMyOrgRequest())

    assert raised.value.error_id == "AUTH-7fs1e"
    assert "scope" in (raised.value.hint or "")
    assert traffic.codes == {UNAUTHENTICATED: 2}
    assert traffic.token_requests == 0


async def test_a_call_refused_twice_raises_the_second_refusal(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED, details="the first")
        emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED, details="the second")
        traffic = Traffic(emulator)

        call = client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(Unauthenticated, match="the second"):
            await call

        assert await call.details() == "the second"
        assert await call.code() is UNAUTHENTICATED
        assert traffic.token_requests == 2
        assert traffic.codes == {UNAUTHENTICATED: 2}


def test_a_sync_call_refused_twice_raises_the_second_refusal(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    with Client(emulator.url, key, options=options) as client:
        emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED, details="the first")
        emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED, details="the second")
        traffic = Traffic(emulator)

        with pytest.raises(Unauthenticated, match="the second"):
            client.management.GetMyOrg(GetMyOrgRequest())

        assert traffic.token_requests == 2
        assert traffic.codes == {UNAUTHENTICATED: 2}


async def test_a_server_that_refuses_every_token_gets_few_token_requests(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED, times=1000)
    traffic = Traffic(emulator)

    async with AsyncClient(emulator.url, key, options=options) as client:
        for _ in range(5):
            calls = (client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(40))
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {Unauthenticated}

    assert traffic.token_requests <= 3


async def test_the_next_call_works_once_the_server_is_fixed(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED, times=2)
        with pytest.raises(Unauthenticated):
            await client.management.GetMyOrg(GetMyOrgRequest())

        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.name == "ZITADEL"


async def test_only_a_refused_token_is_retried(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    retried_by_others = grpc.StatusCode.UNAVAILABLE
    options = replace(options, retries="none")
    async with AsyncClient(emulator.url, key, options=options) as client:
        emulator.faults.fail_next(GET_MY_ORG, retried_by_others)
        traffic = Traffic(emulator)
        with pytest.raises(Unavailable):
            await client.management.GetMyOrg(GetMyOrgRequest())
        assert traffic.codes == {retried_by_others: 1}

        emulator.faults.revoke_all_tokens()
        traffic = Traffic(emulator)
        emulator.faults.fail_next(GET_MY_ORG, UNAUTHENTICATED)
        emulator.faults.fail_next(GET_MY_ORG, retried_by_others)
        with pytest.raises(Unavailable):
            await client.management.GetMyOrg(GetMyOrgRequest())
        assert traffic.codes == {UNAUTHENTICATED: 1, retried_by_others: 1}


async def test_a_retry_stays_within_the_deadline_of_the_call(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        emulator.faults.revoke_all_tokens()
        emulator.faults.token_endpoint.silent = True

        call = client.management.GetMyOrg(GetMyOrgRequest(), timeout=0.4)
        with pytest.raises(DeadlineExceeded):
            await call

        assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_an_error_that_prevents_the_retry_is_raised(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    given = iter([Token("ey.refused.at.once", 600)])
    token = AccessToken(lambda: next(given))

    async with AsyncClient(emulator.url, token, options=options) as client:
        call = client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(CredentialsError, match="StopIteration"):
            await call

    assert await call.code() is UNAUTHENTICATED


async def test_a_call_can_be_cancelled_while_its_retry_waits_for_a_token(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        emulator.faults.revoke_all_tokens()
        emulator.faults.token_endpoint.silent = True
        traffic = Traffic(emulator)
        call = client.management.GetMyOrg(GetMyOrgRequest())
        awaiting = asyncio.ensure_future(call)

        await until(lambda: traffic.token_requests)
        assert not call.done()
        assert call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await awaiting

        assert call.cancelled()
        assert await call.code() is grpc.StatusCode.CANCELLED


def test_a_refused_future_is_not_retried_but_the_next_call_has_another_token(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    with Client(emulator.url, key, options=options) as client:
        client.access_token()
        emulator.faults.revoke_all_tokens()
        traffic = Traffic(emulator)

        with pytest.raises(grpc.RpcError):
            client.management.GetMyOrg.future(GetMyOrgRequest()).result(10)
        assert traffic.codes == {UNAUTHENTICATED: 1}

        response = client.management.GetMyOrg.future(GetMyOrgRequest()).result(10)
        assert response.org.name == "ZITADEL"
        assert traffic.token_requests == 1
