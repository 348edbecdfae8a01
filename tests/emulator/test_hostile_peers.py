"""Malicious requests are refused without delaying other clients and with bounded memory."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import struct
from collections.abc import Sequence
from typing import Any

import grpc
import h2.connection
import h2.events
import httpx2
import pytest
from grpc import StatusCode
from h2.config import H2Configuration

from tests.emulator.conftest import Peer, _trusting
from tests.transport.counting import Traffic, until
from zitadel_grpc.testing import Emulator

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"
LIMIT = 4 * 2**20

Headers = Sequence[tuple[bytes | str, bytes | str]]


async def ask_h2(zitadel: Emulator, headers: Headers, body: bytes = b"\0\0\0\0\0") -> dict[str, str]:
    """Sends an HTTP/2 request, which may be invalid, and returns the headers of the response."""
    trust = _trusting(zitadel)
    trust.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection(
        "localhost", int(zitadel.url.rpartition(":")[2]), ssl=trust
    )
    peer = h2.connection.H2Connection(
        H2Configuration(
            header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False
        )
    )
    peer.initiate_connection()
    peer.send_headers(1, headers)
    unsent = memoryview(body)
    outcome: dict[str, str] = {}
    try:
        while True:
            while unsent and (room := min(peer.local_flow_control_window(1), peer.max_outbound_frame_size)):
                peer.send_data(1, bytes(unsent[:room]), end_stream=len(unsent) <= room)
                unsent = unsent[room:]
            writer.write(peer.data_to_send())
            await writer.drain()
            received = await asyncio.wait_for(reader.read(65536), 10)
            assert received, "the connection was closed"
            for event in peer.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    outcome |= {str(name): str(value) for name, value in event.headers or ()}
                if isinstance(event, h2.events.StreamEnded):
                    return outcome
    finally:
        writer.transport.abort()


def headers_of(
    zitadel: Emulator, *more: tuple[str, bytes | str], content_type: str = "application/grpc"
) -> Headers:
    return [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", f"/{GET_MY_ORG}"),
        ("content-type", content_type),
        ("authorization", f"Bearer {zitadel.pat}"),
        *more,
    ]


def framed(message: bytes, *, compressed: bool = False) -> bytes:
    return struct.pack("!BI", compressed, len(message)) + message


async def test_metadata_that_is_not_utf8_is_accepted(shared_zitadel: Emulator) -> None:
    response = await ask_h2(shared_zitadel, headers_of(shared_zitadel, ("x-name", b"\xff\xfe")))
    assert response["grpc-status"] == "0"


async def test_a_token_of_any_bytes_is_refused(shared_zitadel: Emulator) -> None:
    headers = [*headers_of(shared_zitadel)[:-1], ("authorization", b"Bearer \xff\xfe")]
    assert (await ask_h2(shared_zitadel, headers))["grpc-message"] == "Errors.Token.Invalid (AUTH-7fs1e)"


async def test_a_message_is_refused_by_its_declared_size(shared_zitadel: Emulator) -> None:
    size = 20 * LIMIT
    response = await ask_h2(shared_zitadel, headers_of(shared_zitadel), framed(bytes(size)))
    assert response["grpc-status"] == str(StatusCode.RESOURCE_EXHAUSTED.value[0])
    assert response["grpc-message"] == f"grpc: received message larger than max ({size} vs. {LIMIT})"


async def test_a_message_that_decompresses_to_more_than_4_mib_is_refused(shared_zitadel: Emulator) -> None:
    headers = headers_of(shared_zitadel, ("grpc-encoding", "gzip"))
    bomb = gzip.compress(bytes(64 * LIMIT), 1)
    response = await ask_h2(shared_zitadel, headers, framed(bomb, compressed=True))
    assert response["grpc-status"] == str(StatusCode.RESOURCE_EXHAUSTED.value[0])


@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 10), slice(0, -4), slice(3, None)], ids=repr)
async def test_a_message_with_invalid_gzip_is_refused(shared_zitadel: Emulator, cut: slice) -> None:
    headers = headers_of(shared_zitadel, ("grpc-encoding", "gzip"))
    response = await ask_h2(shared_zitadel, headers, framed(gzip.compress(b"")[cut], compressed=True))
    assert response["grpc-message"] == "grpc: failed to decompress the message"


async def test_grpc_web_is_not_handled_as_grpc(shared_zitadel: Emulator) -> None:
    headers = headers_of(shared_zitadel, content_type="application/grpc-web+proto")
    assert (await ask_h2(shared_zitadel, headers))[":status"] == "404"


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
async def test_the_response_to_head_has_no_body(shared_zitadel: Emulator, http2: bool) -> None:
    async with httpx2.AsyncClient(http2=http2, http1=not http2, verify=_trusting(shared_zitadel)) as http:
        for _ in range(2):  # the connection still works
            response = await http.head(f"{shared_zitadel.url}/oauth/v2/keys")
            assert (response.status_code, response.content) == (200, b"")


async def test_unlimited_pipelining_closes_the_connection(zitadel: Emulator) -> None:
    zitadel.faults.token_endpoint.silent = True
    port = int(zitadel.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("localhost", port, ssl=_trusting(zitadel))
    writer.write(b"POST /oauth/v2/token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n")
    writer.write(bytes(LIMIT))
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.transport.abort()


async def test_an_invalid_basic_authorization_is_ignored(peer: Peer) -> None:
    headers = {"authorization": "Basic äöü".encode()}
    response = await peer.post("/oauth/v2/token", {"grant_type": "client_credentials"}, headers=headers)
    assert response.json()["error_description"] == "client_id or client_assertion must be provided"


async def test_the_media_type_of_forms_is_case_insensitive_and_can_have_parameters(peer: Peer) -> None:
    url = f"{peer.zitadel.url}/oauth/v2/token"
    headers = {"content-type": "Application/X-WWW-Form-Urlencoded ; charset=UTF-8"}
    response = await peer.http.post(url, content=b"grant_type=foo&grant_type=bar", headers=headers)
    assert response.json()["error_description"] == "foo not supported"


async def test_a_deeply_nested_token_is_refused(peer: Peer) -> None:
    token = ".".join(("W1tbW1tb" * 7000, "e30", "eHg"))
    outcome = await peer.call(GET_MY_ORG, token=token)
    assert outcome.error_id == "AUTH-7fs1e"


async def test_the_connection_survives_a_burst_of_cancelled_calls(own_peer: Peer) -> None:
    own_peer.zitadel.faults.latency = 60
    method: Any = own_peer.channel.unary_unary(f"/{GET_MY_ORG}")
    calls = [method(b"", metadata=(("authorization", f"Bearer {own_peer.zitadel.pat}"),)) for _ in range(500)]
    await until(lambda: Traffic(own_peer.zitadel).in_progress > 0)
    assert all(call.cancel() for call in calls)
    own_peer.zitadel.faults.latency = 0
    assert (await own_peer.call(GET_MY_ORG, token=own_peer.zitadel.pat)).code is grpc.StatusCode.OK
