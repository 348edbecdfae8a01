"""Each call is a span with the documented attributes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from tests.tracing.spans import REFRESH, Spans, attributes, context_of
from tests.transport.servers import EchoServer, EchoStub
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import CredentialsError, DeadlineExceeded, InvalidArgument, NotFound, Unimplemented
from zitadel_grpc.testing import Emulator

GET_USER = "zitadel.management.v1.ManagementService/GetUserByID"
ECHO = "test.Echo/unary_unary"
Way = Callable[[Any, Any], Any]

SYNC_WAYS: dict[str, Way] = {
    "__call__": lambda method, request: method(request),
    "with_call": lambda method, request: method.with_call(request)[0],
    "future": lambda method, request: method.future(request).result(30),
}
sync_ways = pytest.mark.parametrize("way", SYNC_WAYS.values(), ids=SYNC_WAYS)


@contextmanager
def a_span(spans: Spans, name: str = "the program's own") -> Iterator[trace.Span]:
    with spans.provider.get_tracer("program").start_as_current_span(name) as span:
        yield span


async def test_a_call_is_a_client_span_under_the_span_of_its_caller(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    pat = PersonalAccessToken(emulator.pat)
    async with AsyncClient(emulator.url, pat, options=options) as client:
        with a_span(spans) as caller:
            await client.management.GetMyOrg(GetMyOrgRequest())
            assert trace.get_current_span() is caller

    span = spans.one(GET_MY_ORG)
    assert span.kind is SpanKind.CLIENT
    assert span.parent == caller.get_span_context()
    assert span.status.status_code is StatusCode.UNSET
    assert attributes(span) == {
        "rpc.system.name": "grpc",
        "rpc.method": GET_MY_ORG,
        "rpc.response.status_code": "OK",
        "server.address": "localhost",
        "server.port": urlsplit(emulator.url).port,
    }


@sync_ways
def test_a_synchronous_call_is_a_client_span_too(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, way: Way
) -> None:
    with (
        Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client,
        a_span(spans) as caller,
    ):
        way(client.management.GetMyOrg, GetMyOrgRequest())
        assert trace.get_current_span() is caller

    span = spans.one(GET_MY_ORG)
    assert span.kind is SpanKind.CLIENT
    assert span.parent == caller.get_span_context()
    assert attributes(span)["rpc.response.status_code"] == "OK"


async def test_the_trace_context_is_sent_to_the_server(spans: Spans) -> None:
    token = PersonalAccessToken("ey.some.token")
    own = (("TraceParent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),)
    with EchoServer() as echo:
        options = ConnectionOptions(root_certificates=echo.root_certificates)
        async with AsyncClient(echo.url, token, options=options) as client:
            await client.stub(EchoStub).unary_unary(StringValue())
            await client.stub(EchoStub).unary_unary(StringValue(), metadata=own)
        with Client(echo.url, token, options=options) as sync_client:
            sync_client.stub(EchoStub).unary_unary(StringValue())
            sync_client.stub(EchoStub).unary_unary.future(StringValue()).result(10)
            sync_client.stub(EchoStub).unary_unary(StringValue(), metadata=own)
        received = echo.values("traceparent")

    def ids(value: str) -> tuple[str, ...]:
        return tuple(value.split("-")[1:3])

    made = [
        (f"{context.trace_id:032x}", f"{context.span_id:016x}")
        for context in map(context_of, spans.ended(5, ECHO))
    ]
    assert [[ids(value) for value in values] for values in received] == [
        [made[0]],
        [ids(own[0][1])],
        [made[2]],
        [made[3]],
        [ids(own[0][1])],
    ]


async def test_the_span_of_a_failed_call_has_status_and_error_id(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    pat, unknown = PersonalAccessToken(emulator.pat), GetUserByIDRequest(id="7777")
    async with AsyncClient(emulator.url, pat, options=options) as client:
        with pytest.raises(NotFound):
            await client.management.GetUserByID(unknown)
    with Client(emulator.url, pat, options=options) as sync_client:
        for way in SYNC_WAYS.values():
            with pytest.raises(grpc.RpcError):
                way(sync_client.management.GetUserByID, unknown)

    for span in spans.ended(4, GET_USER):
        assert span.status.status_code is StatusCode.ERROR
        recorded = attributes(span)
        assert recorded["rpc.response.status_code"] == recorded["error.type"] == "NOT_FOUND"
        assert recorded["zitadel.error_id"] == "QUERY-Dfbg2"
    assert "7777" not in spans.text()


async def test_texts_that_may_quote_the_request_are_left_out(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.INVALID_ARGUMENT, details="bad: ada@example.com")
    emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.UNIMPLEMENTED, details="unknown service")
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        with pytest.raises(InvalidArgument, match="ada@example"):
            await client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(Unimplemented):
            await client.management.GetMyOrg(GetMyOrgRequest())

    assert [span.status.description for span in spans.ended(2)] == [None, "unknown service"]
    assert "ada@example" not in spans.text()


async def test_the_span_has_the_time_that_a_call_waited_for_a_token(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest())
        await client.management.GetMyOrg(GetMyOrgRequest())

    waited, quick = spans.ended(2, GET_MY_ORG)
    assert isinstance(attributes(waited)["zitadel.token.wait"], float)
    assert "zitadel.token.wait" not in attributes(quick)
    assert spans.one(REFRESH).parent == context_of(waited)


@sync_ways
def test_the_span_has_the_time_that_a_synchronous_call_waited_for_a_token(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile, way: Way
) -> None:
    with Client(emulator.url, key, options=options) as client:
        way(client.management.GetMyOrg, GetMyOrgRequest())

    waited = spans.one(GET_MY_ORG)
    assert isinstance(attributes(waited)["zitadel.token.wait"], float)
    assert spans.one(REFRESH).parent == context_of(waited)


async def test_concurrent_calls_are_siblings_that_share_a_refresh(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        with a_span(spans) as caller:
            await asyncio.gather(*(client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(5)))

    calls, refresh = spans.ended(5, GET_MY_ORG), spans.one(REFRESH)
    assert all(span.parent == caller.get_span_context() for span in calls)
    linked = [span for span in calls if [link.context for link in span.links] == [context_of(refresh)]]
    (starter,) = (span for span in calls if context_of(span) == refresh.parent)
    assert len(linked) == 4
    assert starter.links == ()


async def test_a_retry_belongs_to_the_same_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        emulator.faults.revoke_all_tokens()
        await client.management.GetMyOrg(GetMyOrgRequest())
    with Client(emulator.url, key, options=options) as sync_client:
        emulator.faults.revoke_all_tokens()
        sync_client.management.GetMyOrg(GetMyOrgRequest())

    for call, refresh in zip(spans.ended(2, GET_MY_ORG), spans.ended(3, REFRESH)[1:], strict=True):
        assert attributes(call)["zitadel.resend_count"] == 1
        assert attributes(call)["zitadel.token.refused"] is True
        assert attributes(call)["rpc.response.status_code"] == "OK"
        assert refresh.parent == context_of(call)


async def test_the_span_of_a_call_without_a_token_has_the_reason(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.respond(400, body=b'{"error":"invalid_grant"}')
    async with AsyncClient(emulator.url, key, options=options) as client:
        with pytest.raises(CredentialsError):
            await client.management.GetMyOrg(GetMyOrgRequest())

    call = spans.one(GET_MY_ORG)
    assert attributes(call)["rpc.response.status_code"] == "UNAUTHENTICATED"
    assert attributes(call)["error.type"] == "zitadel_grpc.errors.CredentialsError"
    assert "invalid_grant" in str(call.status.description)


async def test_an_exceeded_deadline_ends_the_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.silent = True
    async with AsyncClient(emulator.url, key, options=options) as client:
        with pytest.raises(DeadlineExceeded):
            await client.management.GetMyOrg(GetMyOrgRequest(), timeout=0.2)

    call = spans.one(GET_MY_ORG)
    assert attributes(call)["rpc.response.status_code"] == "DEADLINE_EXCEEDED"
    assert attributes(call)["zitadel.token.wait"]
