"""With OpenTelemetry's own gRPC instrumentation, a call is still one span."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorClient, GrpcInstrumentorClient
from opentelemetry.instrumentation.utils import suppress_instrumentation

from tests.client.test_interceptors import AsyncObserver, Observer
from tests.tracing.spans import REFRESH, Spans, context_of
from tests.transport.servers import EchoServer, EchoStub, letters
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import NotFound
from zitadel_grpc.testing import Emulator

REQUEST = GetMyOrgRequest()


@pytest.fixture
def _instrumented(spans: Spans) -> Iterator[None]:
    kinds: list[Any] = [GrpcAioInstrumentorClient, GrpcInstrumentorClient]  # they have no types
    instrumentors = [kind() for kind in kinds]
    for instrumentor in instrumentors:
        instrumentor.instrument()
    yield
    for instrumentor in instrumentors:
        instrumentor.uninstrument()


async def call_in_all_ways(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> None:
    """Nine calls: two are retried, and two fail."""
    watching, sync_watching = AsyncObserver(), Observer()
    async with AsyncClient(emulator.url, key, options=options, interceptors=[watching]) as client:
        await client.management.GetMyOrg(REQUEST)
        call = client.management.GetMyOrg(REQUEST)
        assert await call.code() is grpc.StatusCode.OK
        emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.NOT_FOUND, details="nowhere")
        with pytest.raises(NotFound, match="nowhere"):
            await client.management.GetMyOrg(REQUEST)
        emulator.faults.revoke_all_tokens()
        await client.management.GetMyOrg(REQUEST)
    with Client(emulator.url, key, options=options, interceptors=[sync_watching]) as sync_client:
        sync_client.management.GetMyOrg(REQUEST)
        sync_client.management.GetMyOrg.with_call(REQUEST)
        sync_client.management.GetMyOrg.future(REQUEST).result(10)
        emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.NOT_FOUND, details="nowhere")
        with pytest.raises(NotFound, match="nowhere"):
            sync_client.management.GetMyOrg(REQUEST)
        emulator.faults.revoke_all_tokens()
        sync_client.management.GetMyOrg(REQUEST)
    assert len(watching.seen) == 5
    assert len(sync_watching.seen) == 6


@pytest.mark.usefixtures("_instrumented")
async def test_a_call_is_one_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    await call_in_all_ways(emulator, options, key)

    spans.ended(9, GET_MY_ORG)
    assert {span.name for span in spans.ended(12)} == {GET_MY_ORG, REFRESH}


@pytest.mark.usefixtures("_instrumented")
async def test_with_tracing_off_the_instrumentation_makes_a_span_for_each_attempt(
    spans: Spans, emulator: Emulator, key: JwtProfile
) -> None:
    options = ConnectionOptions(root_certificates=emulator.root_certificates, tracing=False)
    await call_in_all_ways(emulator, options, key)

    assert {span.name for span in spans.ended(11)} == {f"/{GET_MY_ORG}"}


@pytest.mark.usefixtures("_instrumented")
def test_streams_have_spans_of_the_instrumentation_only(spans: Spans) -> None:
    token = PersonalAccessToken("ey.some.token")
    with EchoServer() as echo:
        options = ConnectionOptions(root_certificates=echo.root_certificates)
        with Client(echo.url, token, options=options) as client:
            assert client.stub(EchoStub).stream_unary(letters("abc"), timeout=10).value == "abc"
            assert client.stub(EchoStub).unary_unary(StringValue(value="d"), timeout=10).value == "d"

    assert [span.name for span in spans.ended(2)] == ["/test.Echo/stream_unary", "test.Echo/unary_unary"]


async def test_an_interceptor_sees_the_span_of_the_call(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    observer = AsyncObserver()
    pat = PersonalAccessToken(emulator.pat)
    async with AsyncClient(emulator.url, pat, options=options, interceptors=[observer]) as client:
        await client.management.GetMyOrg(REQUEST)

    call = context_of(spans.one(GET_MY_ORG))
    assert observer.seen[0].metadata["traceparent"].split("-")[2] == f"{call.span_id:016x}"


async def test_suppressed_instrumentation_makes_no_spans(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        with suppress_instrumentation():
            await client.management.GetMyOrg(REQUEST)
            spans.ended(0)
        await client.management.GetMyOrg(REQUEST)

    spans.one(GET_MY_ORG)
