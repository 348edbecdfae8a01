"""Each token refresh is a span."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from tests.tracing.spans import REFRESH, Spans, attributes, context_of
from tests.transport.counting import Traffic
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken, JwtProfile, Token
from zitadel_grpc.errors import CredentialsError, TokenEndpointError
from zitadel_grpc.testing import Emulator


async def test_a_refresh_names_the_token_endpoint_and_the_credentials(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    with spans.provider.get_tracer("program").start_as_current_span("the program's own") as fetcher:
        async with AsyncClient(emulator.url, key, options=options) as client:
            await client.access_token()

    refresh = spans.one(REFRESH)
    assert refresh.kind is SpanKind.INTERNAL
    assert refresh.parent == fetcher.get_span_context()
    assert refresh.status.status_code is StatusCode.UNSET
    assert attributes(refresh) == {
        "zitadel.credentials": f"{key!r} at {emulator.url}",
        "server.address": "localhost",
        "server.port": int(emulator.url.rpartition(":")[2]),
        "http.response.status_code": 200,
    }


def test_a_rejection_is_in_the_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.respond(400, body=b'{"error":"invalid_grant"}')
    with Client(emulator.url, key, options=options) as client, pytest.raises(CredentialsError):
        client.access_token()

    refresh = spans.one(REFRESH)
    assert refresh.status.status_code is StatusCode.ERROR
    assert attributes(refresh)["error.type"] == "invalid_grant"
    assert attributes(refresh)["http.response.status_code"] == 400


def test_an_endpoint_without_a_response_is_in_the_span(
    spans: Spans, emulator: Emulator, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.silent = True
    options = ConnectionOptions(root_certificates=emulator.root_certificates, token_timeout=0.5)
    with Client(emulator.url, key, options=options) as client, pytest.raises(TokenEndpointError):
        client.access_token()

    refresh = spans.one(REFRESH)
    assert attributes(refresh)["error.type"] == "zitadel_grpc.errors.TokenEndpointError"
    assert attributes(refresh)["server.address"] == "localhost"
    assert "http.response.status_code" not in attributes(refresh)


async def test_a_background_renewal_is_its_own_trace_with_a_link_to_the_call_that_found_it_due(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    """A token that lives 6 s is renewed after 4.5 s at the earliest."""
    traffic = Traffic(emulator)
    usual, emulator.faults.token_lifetime = emulator.faults.token_lifetime, 6
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        emulator.faults.token_lifetime = usual
        async with asyncio.timeout(10):
            while traffic.token_requests < 2:
                await client.management.GetMyOrg(GetMyOrgRequest())
                await asyncio.sleep(0.05)

    refreshes = spans.ended(2, REFRESH)
    (link,) = refreshes[1].links
    calls = spans.ended(len(traffic.calls), GET_MY_ORG)
    assert refreshes[1].parent is None
    assert link.context in [context_of(call) for call in calls]
    assert not any("zitadel.token.wait" in attributes(call) for call in calls)


async def test_a_token_function_runs_inside_the_span(
    spans: Spans, emulator: Emulator, options: ConnectionOptions
) -> None:
    tracer = spans.provider.get_tracer("program")

    async def fetch_token() -> Token:
        with tracer.start_as_current_span("its work"):
            return Token(emulator.pat, 300)

    async with AsyncClient(emulator.url, AccessToken(fetch_token), options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest())

    assert spans.one("its work").parent == context_of(spans.one(REFRESH))


async def test_no_span_has_a_secret(
    spans: Spans, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options) as client:
        tokens = [await client.access_token()]
        emulator.faults.revoke_all_tokens()
        await client.management.GetMyOrg(GetMyOrgRequest(), metadata=(("x-own", "private"),))
        tokens.append(await client.access_token())

    text = spans.text()
    assert GET_MY_ORG in text
    for secret in (*tokens, "Bearer", "private", emulator.pat, "PRIVATE KEY"):
        assert secret not in text
