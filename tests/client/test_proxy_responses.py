"""Hints for responses that come from a proxy instead of ZITADEL.

gRPC's wording differs between its versions, so each test makes the failure for real.
"""

from __future__ import annotations

import grpc
import pytest

from tests.client.failing import failures
from tests.client.proxies import (
    Headers,
    Serve,
    listening,
    sends_response,
)
from zitadel_grpc.api.user.v2 import GetUserByIDRequest
from zitadel_grpc.errors import Internal, RpcError, Unavailable, Unimplemented, Unknown

GRPC = ((":status", "200"), ("content-type", "application/grpc"))
WEB_PAGE = b"<!doctype html><title>Welcome</title>"
FROM_A_PROXY = "is from a proxy, not from ZITADEL"


def web_page(status: int) -> Serve:
    return sends_response(((":status", str(status)), ("content-type", "text/html")), WEB_PAGE)


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (302, Unknown, "redirect"),
        (400, Internal, "cannot read the request"),
        (403, None, "Cloudflare"),
        (404, Unimplemented, "no route for gRPC"),
        (415, Unknown, "does not forward gRPC"),
        (418, Unknown, "does not forward gRPC"),
        (429, Unavailable, "rate limit"),
        (464, Unknown, "the AWS ALB"),
        (500, Unknown, "its backend failed"),
        (502, Unavailable, "grpc_pass"),
        (503, Unavailable, "health check"),
        (504, Unavailable, "in time"),
        (520, Unknown, "enable gRPC"),
    ],
)
async def test_the_http_status_of_a_proxy_has_a_hint(
    status: int, kind: type[RpcError] | None, hint: str
) -> None:
    with listening(web_page(status)) as place:
        for error in await failures(place):
            assert kind is None or type(error) is kind
            assert f"HTTP {status} {FROM_A_PROXY}" in str(error)
            assert hint in (error.hint or "")


async def test_an_http_status_without_a_body_has_a_hint() -> None:
    with listening(sends_response([(":status", "464")])) as place:
        for error in await failures(place):
            assert "the AWS ALB" in str(error)


async def test_http_404_for_a_v2_service_may_mean_that_zitadel_does_not_know_the_rpc() -> None:
    with listening(web_page(404)) as place:
        for error in await failures(
            place, service="user_v2", method="GetUserByID", request=GetUserByIDRequest(user_id="1")
        ):
            assert "this ZITADEL does not know the RPC" in str(error)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (((":status", "200"), ("content-type", "text/html")), WEB_PAGE),
        (((":status", "200"), ("content-type", "text/html")), b""),
        (GRPC, b""),
        (GRPC, b"\0\0\0\0\0"),
    ],
    ids=["a web page", "an empty page", "no trailers", "a message without trailers"],
)
async def test_a_response_that_is_not_grpc_has_a_hint(headers: Headers, body: bytes) -> None:
    with listening(sends_response(headers, body)) as place:
        for error in await failures(place):
            assert type(error) is Unknown
            assert "the response is not gRPC" in str(error)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (0, "probably truncated the response"),  # Traefik and Caddy, if the backend is not h2c
        (1, "rejected the request as malformed"),
        (2, "probably truncated the response"),
        (7, "without executing it"),
        (8, "cancelled the call"),
        (11, "sends too many requests"),
        (13, "HTTP/1.1 only"),
    ],
)
@pytest.mark.parametrize("begun", [(), GRPC], ids=["at once", "after the headers"])
async def test_a_reset_stream_has_a_hint_for_its_code(code: int, hint: str, begun: Headers) -> None:
    with listening(sends_response(begun, reset=code)) as place:
        for error in await failures(place):
            assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("no healthy upstream", "no ZITADEL behind the proxy (Envoy) is ready"),
        (
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure, "
            "transport failure reason: delayed connect error: Connection refused",
            "the proxy (Envoy) cannot connect to ZITADEL",
        ),
    ],
)
async def test_responses_of_envoy_have_a_hint(text: str, hint: str) -> None:
    with listening(sends_response((*GRPC, ("grpc-status", "14"), ("grpc-message", text)))) as place:
        for error in await failures(place):
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert hint in (error.hint or "")


async def test_a_proxy_that_strips_the_token_has_a_hint() -> None:
    trailers = ("grpc-status", "16"), ("grpc-message", "auth header missing")
    with listening(sends_response((*GRPC, *trailers))) as place:
        for error in await failures(place):
            assert "a proxy may be stripping the Authorization header" in str(error)


async def test_zitadels_own_error_is_not_taken_for_a_proxys() -> None:
    status = ("grpc-status", "14"), ("grpc-message", "Connection refused (QUERY-abc12)")
    with listening(sends_response((*GRPC, *status))) as place:
        for error in await failures(place):
            assert error.hint is None
