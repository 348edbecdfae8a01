"""Which failures prove that the server did not execute a request.

A request that was not sent, or that the server refused, did not apply. An error that gRPC's own client
created, or a text that any peer can send, proves nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import struct
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc.status_pb2 import Status

from tests.bulk.requests import Outcome, all_of, users
from tests.client.proxies import Place, Serve, listening, sends_response
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk
from zitadel_grpc._options import Retries
from zitadel_grpc.api.management.v1 import ManagementServiceStub
from zitadel_grpc.credentials import AccessToken, PersonalAccessToken
from zitadel_grpc.errors import RpcError, TokenEndpointError

CLOSED = "https://127.0.0.1:1"
TOKEN = PersonalAccessToken("a-token-of-some-length")
GRPC = ((":status", "200"), ("content-type", "application/grpc"))
LARGE = tuple((f"x-{number}", "y" * 1000) for number in range(20))
OK = (("grpc-status", "0"),)
NO_CONNECTION = "failed to connect to all addresses; last error: the event store"
SEND_LIMIT = "CLIENT: Sent message larger than max (100 vs. 10)"


def sends_bytes(code: int, text: str, *more: tuple[str, str]) -> Serve:
    return sends_response((*GRPC, ("grpc-status", str(code)), ("grpc-message", text), *more))


def bomb(size: int) -> bytes:
    packed = gzip.compress(bytes(size))
    return b"\1" + struct.pack("!I", len(packed)) + packed


async def outcomes(url: str, options: ConnectionOptions) -> list[Outcome]:
    """From both clients."""

    def by_client() -> list[Outcome]:
        with Client(url, TOKEN, options=options, timeout=10) as client:
            return list(bulk.run(client.management.AddMachineUser, users(1)))

    async with AsyncClient(url, TOKEN, options=options, timeout=10) as client:
        received = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
    return received + await asyncio.to_thread(by_client)


def to(place: Place, retries: Retries = "reads", **options: Any) -> tuple[str, ConnectionOptions]:
    return place.url, dataclasses.replace(place.options, retries=retries, **options)


@pytest.mark.parametrize(
    "serve",
    [
        sends_response(GRPC, b"\0\0\0\0\0", trailers=(*OK, *LARGE)),
        sends_response((*GRPC, *LARGE), b"\0\0\0\0\0", trailers=OK),
        sends_response((*GRPC, ("grpc-encoding", "gzip")), bomb(33 * 2**20), trailers=OK),
        *(sends_response(GRPC, reset=code) for code in (8, 11, 12)),
        *(
            sends_response(((":status", str(status)), ("content-type", "text/html")))
            for status in (401, 403, 404)
        ),
        *(
            sends_bytes(14, text)
            for text in (NO_CONNECTION, "DNS resolution failed for x", "errors resolving x")
        ),
        sends_bytes(4, "the deadline passed while the call waited for a token"),
        sends_bytes(8, SEND_LIMIT),
        *(sends_bytes(code, "no evidence") for code in (7, 8, 12, 16)),
        # The status in the details differs from that of the call.
        sends_response((*GRPC, ("grpc-status-details-bin", "CAU")), reset=12),
        sends_response(((":status", "403"), ("grpc-status-details-bin", "CAU"))),
    ],
)
async def test_an_error_of_grpc_or_a_text_of_a_peer_proves_nothing(serve: Serve) -> None:
    with listening(serve) as place:
        for outcome in await outcomes(*to(place)):
            assert outcome.error
            assert outcome.may_have_applied, outcome.error


@pytest.mark.parametrize(
    "serve",
    [
        *(sends_bytes(code, "refused") for code in (3, 5, 6, 9, 11)),
        *(sends_bytes(code, "refused (QUOTA-Dfbg2)") for code in (7, 8, 12, 16)),
        sends_bytes(7, "refused", ("grpc-status-details-bin", "CAc")),
        sends_bytes(12, "unknown service zitadel.management.v1.ManagementService"),
        sends_bytes(12, "unknown method AddMachineUser for service zitadel.management.v1.ManagementService"),
    ],
)
async def test_a_refusal_of_the_server_proves_that_it_did_not_apply(serve: Serve) -> None:
    with listening(serve) as place:
        for outcome in await outcomes(*to(place)):
            assert outcome.error
            assert not outcome.may_have_applied, outcome.error
        # With several attempts, the last one proves nothing about the earlier ones.
        for outcome in await outcomes(*to(place, retries="all")):
            assert outcome.may_have_applied


def test_the_details_used_above_contain_these_codes() -> None:
    assert Status(code=5).SerializeToString() == b"\x08\x05"  # CAU
    assert Status(code=7).SerializeToString() == b"\x08\x07"  # CAc


async def test_without_a_connection_it_did_not_apply_unless_retries_are_on() -> None:
    plain = ConnectionOptions()
    for url in (CLOSED, CLOSED.replace("https", "http"), "https://no-such-host.invalid"):
        for outcome in await outcomes(url, plain):
            assert outcome.error
            assert not outcome.may_have_applied, outcome.error
    for outcome in await outcomes(CLOSED, dataclasses.replace(plain, retries="all")):
        assert outcome.may_have_applied


@pytest.mark.parametrize(
    "limit", [{"max_request_bytes": 10}, {"channel_options": (("grpc.max_send_message_length", 10),)}]
)
async def test_a_request_over_the_send_limit_is_not_sent(limit: dict[str, Any]) -> None:
    with listening(sends_bytes(13, "unexpected")) as place:
        for outcome in await outcomes(*to(place, **limit)):
            assert isinstance(outcome.error, RpcError)
            assert outcome.error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert not outcome.may_have_applied


async def test_a_send_limit_in_a_servers_text_proves_nothing() -> None:
    with listening(
        sends_bytes(8, f"Sent message larger than max ({users(1)[0].ByteSize()} vs. 10)")
    ) as place:
        for outcome in await outcomes(*to(place, max_request_bytes=1000)):
            assert outcome.may_have_applied


async def test_an_error_of_a_stub_on_another_channel_proves_nothing() -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        (outcome,) = await all_of(bulk.run(ManagementServiceStub(channel).AddMachineUser, users(1)))
    assert outcome.error
    assert outcome.may_have_applied


@pytest.mark.slow
async def test_a_token_error_after_an_attempt_proves_nothing_about_it() -> None:
    def credentials() -> AccessToken:
        tokens = iter(["a-token-of-some-length"])

        def token() -> str:
            if given := next(tokens, None):
                return given
            raise TokenEndpointError("unreachable")

        return AccessToken(token)

    with listening(sends_bytes(16, "no evidence")) as place:

        def by_client() -> Outcome:
            with Client(place.url, credentials(), options=place.options, timeout=3) as client:
                (received,) = bulk.run(client.management.AddMachineUser, users(1))
                return received

        async with AsyncClient(place.url, credentials(), options=place.options, timeout=3) as client:
            (received,) = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
        for outcome in (received, await asyncio.to_thread(by_client)):
            assert outcome.error
            assert outcome.may_have_applied, outcome.error


@pytest.mark.parametrize(("retries", "may_have_applied"), [("reads", False), ("all", True)])
def test_futures_have_the_same_result_as_calls(retries: Retries, may_have_applied: bool) -> None:
    def outcome(place: Place) -> Outcome:
        url, options = to(place, retries=retries)
        with Client(url, TOKEN, options=options, timeout=10) as client:
            method = client.management.AddMachineUser
            (received,) = bulk.run(lambda request: method.future(request).result(), users(1))
            return received

    with listening(sends_bytes(6, "exists")) as place:
        assert outcome(place).may_have_applied is may_have_applied
    assert outcome(dataclasses.replace(place, port=1)).may_have_applied is may_have_applied
