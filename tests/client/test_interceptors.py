"""Interceptors of users and of OpenTelemetry see each attempt of a call."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import grpc
import grpc.aio
import pytest

from tests.transport.counting import Traffic, until
from tests.transport.servers import EchoServer, EchoStub, letters
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk
from zitadel_grpc._transport import forking
from zitadel_grpc.api.management.v1 import AddProjectRequest, GetMyOrgRequest, GetMyOrgResponse
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import AlreadyExists, ConfigurationError
from zitadel_grpc.testing import Emulator


class Seen(NamedTuple):
    method: str
    timeout: float | None
    metadata: dict[str, Any]
    request: Any


class AsyncObserver(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.codes: list[grpc.StatusCode] = []

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        details = client_call_details
        method = details.method if isinstance(details.method, str) else details.method.decode()
        self.seen.append(Seen(method, details.timeout, dict(tuple(details.metadata)), request))
        call = await continuation(details, request)
        self.codes.append(await call.code())
        return call


class Observer(grpc.UnaryUnaryClientInterceptor, grpc.StreamUnaryClientInterceptor):
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.codes: list[grpc.StatusCode] = []

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        details = client_call_details
        self.seen.append(Seen(details.method, details.timeout, dict(tuple(details.metadata or ())), request))
        call = continuation(details, request)
        self.codes.append(call.code())
        return call

    def intercept_stream_unary(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        return self.intercept_unary_unary(continuation, client_call_details, request_iterator)


async def test_an_async_interceptor_sees_each_attempt_with_its_token(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    observer = AsyncObserver()
    request = GetMyOrgRequest()

    async with AsyncClient(emulator.url, key, options=options, interceptors=[observer]) as client:
        token = await client.access_token()
        await client.management.GetMyOrg(request, timeout=12, metadata=(("x-own", "1"),))
        emulator.faults.revoke_all_tokens()
        assert (await client.management.GetMyOrg(request)).org.name == "ZITADEL"
        renewed = await client.access_token()

    first, refused, again = observer.seen
    assert first == (f"/{GET_MY_ORG}", 12, {"x-own": "1", "authorization": f"Bearer {token}"}, request)
    assert refused.timeout == 30
    assert refused.metadata == {"authorization": f"Bearer {token}"}
    assert again.timeout is not None
    assert again.timeout < 30
    assert again.metadata == {"authorization": f"Bearer {renewed}"}
    assert observer.codes == [
        grpc.StatusCode.OK,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.OK,
    ]


def test_an_interceptor_sees_each_attempt_with_its_token(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    observer = Observer()
    request = GetMyOrgRequest()

    with Client(emulator.url, key, options=options, interceptors=[observer]) as client:
        token = client.access_token()
        client.management.GetMyOrg(request, timeout=12, metadata=(("x-own", "1"),))
        client.management.GetMyOrg.with_call(request)
        client.management.GetMyOrg.future(request).result(10)
        emulator.faults.revoke_all_tokens()
        assert client.management.GetMyOrg(request).org.name == "ZITADEL"

    assert observer.seen[0] == (
        f"/{GET_MY_ORG}",
        12,
        {"x-own": "1", "authorization": f"Bearer {token}"},
        request,
    )
    assert [seen.timeout for seen in observer.seen[1:4]] == [30, 30, 30]
    assert observer.codes == [grpc.StatusCode.OK] * 3 + [
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.OK,
    ]


def test_an_interceptor_sees_streams_too() -> None:
    observer = Observer()

    token = PersonalAccessToken("ey.some.token")
    with EchoServer() as echo:
        options = ConnectionOptions(root_certificates=echo.root_certificates)
        with Client(echo.url, token, options=options, interceptors=[observer]) as client:
            assert client.stub(EchoStub).stream_unary(letters("abc"), timeout=10).value == "abc"

    assert [seen.method for seen in observer.seen] == ["/test.Echo/stream_unary"]


async def test_an_interceptor_may_respond_in_place_of_the_server(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    class Cache(grpc.aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(
            self, continuation: Any, client_call_details: Any, request: Any
        ) -> Any:
            return GetMyOrgResponse()

    async with AsyncClient(emulator.url, key, options=options, interceptors=[Cache()]) as client:
        call = client.management.GetMyOrg(GetMyOrgRequest())
        assert await call == GetMyOrgResponse()
        assert await call.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("error", [LookupError("mine"), grpc.RpcError("mine, and of grpc's kind")])
async def test_what_an_interceptor_raises_reaches_the_caller(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, error: Exception
) -> None:
    class Raising(AsyncObserver):
        async def intercept_unary_unary(
            self, continuation: Any, client_call_details: Any, request: Any
        ) -> Any:
            raise error

    class SyncRaising(Observer):
        def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
            raise error

    async with AsyncClient(emulator.url, key, options=options, interceptors=[Raising()]) as client:
        with pytest.raises(type(error), match="mine"):
            await client.management.GetMyOrg(GetMyOrgRequest())
    sync_client = Client(emulator.url, key, options=options, interceptors=[SyncRaising()])
    with sync_client:
        with pytest.raises(type(error), match="mine"):
            sync_client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(type(error), match="mine"):
            sync_client.management.GetMyOrg.future(GetMyOrgRequest()).result(10)


async def test_an_intercepted_call_is_cancelled_like_any_other(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.latency = 30
    async with AsyncClient(emulator.url, key, options=options, interceptors=[AsyncObserver()]) as client:
        await client.access_token()
        call = client.management.GetMyOrg(GetMyOrgRequest())
        await until(lambda: Traffic(emulator).in_progress == 1)

        assert call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert call.cancelled()


class Responding(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return GetMyOrgResponse()


@pytest.mark.parametrize("others", [0, 1])
def test_a_sync_interceptor_that_does_not_return_a_call_gets_a_helpful_error(
    zitadel: Emulator, options: ConnectionOptions, others: int
) -> None:
    interceptors = [*(Observer() for _ in range(others)), Responding()]
    with Client(
        zitadel.url, PersonalAccessToken(zitadel.pat), options=options, interceptors=interceptors
    ) as client:
        method = client.management.GetMyOrg
        with pytest.raises(ConfigurationError, match="an interceptor returned GetMyOrgResponse, not a call"):
            method(GetMyOrgRequest())
        if others == 0:
            with pytest.raises(ConfigurationError, match="an interceptor returned GetMyOrgResponse"):
                method.future(GetMyOrgRequest())
        assert forking.calls.close()
        forking.calls.open()


class Resending(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        continuation(client_call_details, request)
        return continuation(client_call_details, request)


class AsyncResending(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        await (await continuation(client_call_details, request)).code()
        return await continuation(client_call_details, request)


async def test_a_request_that_an_interceptor_sends_twice_may_have_been_applied(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    token, request = PersonalAccessToken(emulator.pat), AddProjectRequest(name="sent twice")
    async with AsyncClient(emulator.url, token, options=options, interceptors=[AsyncResending()]) as client:
        async for outcome in bulk.run(client.management.AddProject, [request]):
            assert isinstance(outcome.error, AlreadyExists)
            assert outcome.may_have_applied
    with Client(emulator.url, token, options=options, interceptors=[Resending()]) as sync_client:
        for outcome in bulk.run(sync_client.management.AddProject, [request]):
            assert isinstance(outcome.error, AlreadyExists)
            assert outcome.may_have_applied
