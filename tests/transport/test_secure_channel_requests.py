"""Calls of `secure_channel` send only what the RPC takes, and raise for unreadable responses."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest

from tests.client.proxies import listening, sends_response
from zitadel_grpc import ConnectionOptions, bulk, errors, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ListUsersRequest, ManagementServiceStub
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.testing import Emulator

GRPC = ((":status", "200"), ("content-type", "application/grpc"))


@pytest.mark.parametrize("wrong", ["oops", {}, None, ListUsersRequest(), GetMyOrgRequest])
async def test_a_request_of_another_type_is_not_sent(
    wrong: Any, emulator: Emulator, options: ConnectionOptions
) -> None:
    async with secure_channel(emulator.url, PersonalAccessToken(emulator.pat), options=options) as channel:
        management: Any = ManagementServiceStub(channel)
        with pytest.raises(errors.InvalidRequest, match="must be a zitadel"):
            management.GetMyOrg(wrong)
        outcomes = [outcome async for outcome in bulk.run(management.GetMyOrg, [wrong])]
        assert [type(outcome.error) for outcome in outcomes] == [errors.InvalidRequest]
        call = management.GetMyOrg(GetMyOrgRequest(), metadata={"x-a": "b"}, timeout=10)
        assert isinstance(call, grpc.aio.UnaryUnaryCall)
        assert (await call).org.id
        assert await call.code() is grpc.StatusCode.OK


async def test_a_serializer_that_fails_sends_nothing(emulator: Emulator, options: ConnectionOptions) -> None:
    async with secure_channel(emulator.url, PersonalAccessToken(emulator.pat), options=options) as channel:
        for serializer in (lambda _: None, lambda _: 1 / 0, None):
            with pytest.raises(errors.InvalidRequest, match="was not sent"):
                channel.unary_unary("/a.B/C", serializer, bytes)("x")  # type: ignore[arg-type]
        with pytest.raises(errors.InvalidMetadata, match="x-a"):
            channel.unary_unary("/a.B/C", None, bytes)(b"", metadata=(("x-a", "\n"),))  # type: ignore[arg-type]


async def test_a_response_that_cannot_be_read_is_an_error() -> None:
    serve = sends_response(GRPC, b"\0\0\0\0\3\xff\xff\xff", trailers=(("grpc-status", "0"),))
    with listening(serve) as place:
        token = PersonalAccessToken("a-token-of-some-length")
        async with secure_channel(place.url, token, options=place.options) as channel:
            with pytest.raises(errors.Internal, match="may have executed"):
                await ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest(), timeout=10)


async def test_a_call_in_progress_ends_with_its_channel(options: ConnectionOptions) -> None:
    channel = secure_channel("https://127.0.0.1:1", PersonalAccessToken("t"), options=options)
    call = ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest(), wait_for_ready=True, timeout=30)
    waiting = asyncio.ensure_future(call)
    await asyncio.wait_for(channel.wait_for_state_change(grpc.ChannelConnectivity.IDLE), 10)
    await channel.close()
    with pytest.raises((asyncio.CancelledError, grpc.aio.AioRpcError)):
        await asyncio.wait_for(waiting, 10)


async def test_a_call_on_a_closed_channel_raises_closed_error(options: ConnectionOptions) -> None:
    channel = secure_channel("https://127.0.0.1:1", PersonalAccessToken("t"), options=options)
    await channel.close()
    with pytest.raises(errors.ClosedError, match="the channel has been closed"):
        ManagementServiceStub(channel).GetMyOrg(GetMyOrgRequest())
