"""Closing a client, whatever its calls are doing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.transport.counting import Traffic, until
from tests.transport.servers import EchoServer, EchoStub
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import Cancelled, ClosedError
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize("used", [True, False])
async def test_calls_of_a_closed_async_client_are_refused(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, used: bool
) -> None:
    client = AsyncClient(emulator.url, key, options=options)
    method = client.management.GetMyOrg
    if used:
        await method(GetMyOrgRequest())

    await client.close()
    await client.close()

    for refused in (method, client.management.GetMyOrg, client.with_org("1").management.GetMyOrg):
        with pytest.raises(ClosedError, match="closed"):
            refused(GetMyOrgRequest())
    with pytest.raises(ClosedError):
        client.stub(EchoStub).unary_stream(None)


@pytest.mark.parametrize("used", [True, False])
def test_calls_of_a_closed_client_are_refused(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, used: bool
) -> None:
    client = Client(emulator.url, key, options=options)
    method = client.management.GetMyOrg
    if used:
        method(GetMyOrgRequest())

    client.close()
    client.close()

    for refused in (method, method.with_call, method.future, client.with_org("1").management.GetMyOrg):
        with pytest.raises(ClosedError, match="closed"):
            refused(GetMyOrgRequest())
    with pytest.raises(ClosedError):
        client.stub(EchoStub).unary_stream(None)


async def test_closing_a_view_has_no_effect(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        async with client.with_org("1"):
            pass
        await client.management.GetMyOrg(GetMyOrgRequest())
    with Client(emulator.url, key, options=options) as sync_client:
        with sync_client.with_org("1"):
            pass
        sync_client.management.GetMyOrg(GetMyOrgRequest())


async def test_closing_cancels_calls_in_progress(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    client = AsyncClient(emulator.url, key, options=options)
    await client.access_token()
    emulator.faults.latency = 30
    calls = [client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(3)]
    waiting = asyncio.gather(*calls, return_exceptions=True)
    await until(lambda: Traffic(emulator).in_progress == 3)

    await client.close()
    outcomes = await asyncio.wait_for(waiting, 10)

    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}
    assert all(call.cancelled() for call in calls)


async def test_calls_in_progress_can_finish_within_the_grace_period(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    client = AsyncClient(emulator.url, key, options=options)
    await client.access_token()
    emulator.faults.latency = 0.3
    traffic = Traffic(emulator)
    calls = [client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(3)]
    await until(lambda: traffic.in_progress == 3)

    await client.close(grace=20)

    assert [(await call).org.name for call in calls] == ["ZITADEL"] * 3
    assert traffic.codes == {grpc.StatusCode.OK: 3}


async def test_a_token_that_arrives_after_close_is_not_sent(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        emulator.faults.latency = 1
        closing = AsyncClient(emulator.url, JwtProfile.from_dict(emulator.key_file), options=options)
        emulator.faults.token_endpoint.delay = 0.3
        traffic = Traffic(emulator)
        before = closing.management.GetMyOrg(GetMyOrgRequest(), metadata=(("authorization", "Bearer x"),))
        waiting = closing.management.GetMyOrg(GetMyOrgRequest())
        outcomes = asyncio.gather(before, waiting, return_exceptions=True)
        await until(lambda: traffic.in_progress and traffic.token_requests)

        await closing.close(grace=20)
        _, outcome = await asyncio.wait_for(outcomes, 10)

    assert isinstance(outcome, ClosedError)


async def test_closing_another_channel_does_not_end_waits_for_a_token(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.delay = 0.5
    traffic = Traffic(emulator)
    async with AsyncClient(emulator.url, key, options=options) as client:
        call = client.management.GetMyOrg(GetMyOrgRequest())
        code = asyncio.create_task(call.code())
        await until(lambda: traffic.token_requests)

        async with grpc.aio.insecure_channel("localhost:1"):
            pass

        assert await code is grpc.StatusCode.OK


def test_closing_cancels_sync_calls_in_progress(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    client = Client(emulator.url, key, options=options)
    client.access_token()
    emulator.faults.latency = 30
    begun = threading.Barrier(2)

    def call() -> None:
        begun.wait(10)
        client.management.GetMyOrg(GetMyOrgRequest())

    with ThreadPoolExecutor(1) as threads:
        calling = threads.submit(call)
        begun.wait(10)
        threading.Event().wait(0.2)
        client.close()
        with pytest.raises(Cancelled):
            calling.result(10)


def test_a_sync_call_that_waits_for_its_token_is_refused(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.delay = 0.5
    client = Client(emulator.url, key, options=options)
    traffic = Traffic(emulator)

    with ThreadPoolExecutor(1) as threads:
        calling = threads.submit(client.management.GetMyOrg, GetMyOrgRequest())
        asyncio.run(until(lambda: traffic.token_requests))
        client.close()
        with pytest.raises(ClosedError):
            calling.result(10)

    assert traffic.calls == []


@pytest.mark.parametrize("kind", [AsyncClient, Client])
async def test_a_call_that_waits_for_a_retry_ends_with_its_client(
    kind: type[AsyncClient] | type[Client], emulator: Emulator, options: ConnectionOptions
) -> None:
    rpc = "zitadel.management.v1.ManagementService/GetMyOrg"
    emulator.faults.fail_next(rpc, grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after=25)
    client = kind(emulator.url, PersonalAccessToken(emulator.pat), options=options)

    if isinstance(client, Client):
        waiting = asyncio.create_task(asyncio.to_thread(client.management.GetMyOrg, GetMyOrgRequest()))
    else:
        waiting = asyncio.ensure_future(client.management.GetMyOrg(GetMyOrgRequest()))
    await until(lambda: client._connection.waits._pending)
    if isinstance(client, Client):
        client.close()
    else:
        await client.close()

    (ended,) = await asyncio.wait_for(asyncio.gather(waiting, return_exceptions=True), 10)
    assert isinstance(ended, ClosedError)


async def test_streams_end_with_their_client() -> None:
    with EchoServer() as echo:
        options = ConnectionOptions(root_certificates=echo.root_certificates)
        async with AsyncClient(echo.url, PersonalAccessToken("ey.a.b"), options=options) as client:
            call = client.stub(EchoStub).stream_stream()
            await call.wait_for_connection()
        with Client(echo.url, PersonalAccessToken("ey.a.b"), options=options) as sync_client:
            stream = sync_client.stub(EchoStub).unary_stream(StringValue(value=1000 * "a"))

        assert await call.code() is grpc.StatusCode.CANCELLED
        assert stream.code() is grpc.StatusCode.CANCELLED


@pytest.mark.parametrize("kind", ["AsyncClient", "Client"])
@pytest.mark.parametrize("end", ["client = None; gc.collect()", "pass", "sys.exit(0)"])
def test_a_client_that_is_not_closed_is_quiet(
    emulator: Emulator, tmp_path: Path, kind: str, end: str
) -> None:
    (tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    script = f"""
        import asyncio, gc, pathlib, sys
        from zitadel_grpc import AsyncClient, Client, ConnectionOptions
        from zitadel_grpc.api.management.v1 import GetMyOrgRequest
        from zitadel_grpc.credentials import PersonalAccessToken

        options = ConnectionOptions(root_certificates=pathlib.Path(sys.argv[1]).read_bytes())
        client = {kind}(sys.argv[2], PersonalAccessToken(sys.argv[3]), options=options)

        async def call():
            await client.management.GetMyOrg(GetMyOrgRequest())

        if isinstance(client, AsyncClient):
            asyncio.run(call(), debug=False)
        else:
            client.management.GetMyOrg(GetMyOrgRequest())
        {end}
    """
    ended = subprocess.run(
        [
            *(sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(script)),
            *(tmp_path / "ca.pem", emulator.url, emulator.pat),
        ],
        capture_output=True,
        timeout=50,
        check=False,
    )

    assert (ended.stderr.decode(), ended.stdout, ended.returncode) == ("", b"", 0)
