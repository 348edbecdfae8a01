"""Hints for connections that fail.

gRPC's wording differs between its versions, so each test makes the failure for real.
"""

from __future__ import annotations

import dataclasses
import datetime
import socket
import ssl
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import h2.connection
import pytest
import trustme

from tests.client.failing import failures
from tests.client.proxies import (
    Place,
    Serve,
    disconnects,
    listening,
    never_responds,
    sends_bytes,
    sends_response,
    speaks_h2,
)
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.errors import DeadlineExceeded, RpcError, Unavailable

GRPC = ((":status", "200"), ("content-type", "application/grpc"))
WEB_PAGE = b"<!doctype html>"


def web_page(status: int) -> Serve:
    return sends_response(((":status", str(status)), ("content-type", "text/html")), WEB_PAGE)


@pytest.mark.parametrize("alpn", [None, ("http/1.1",)])
async def test_tls_that_does_not_offer_http2_has_a_hint(alpn: Sequence[str] | None) -> None:
    with listening(sends_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n"), alpn=alpn) as place:
        for error in await failures(place):
            assert type(error) is Unavailable
            assert "does not offer HTTP/2 in ALPN" in str(error)


async def test_a_plaintext_server_of_http1_has_a_hint() -> None:
    with listening(sends_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n"), plaintext=True) as place:
        for error in await failures(place):
            assert "speaks HTTP/1.1, not HTTP/2" in str(error)


async def test_a_plaintext_server_that_speaks_neither_has_a_hint() -> None:
    with listening(sends_bytes(b"SSH-2.0-OpenSSH_9.6\r\n" * 9), plaintext=True) as place:
        for error in await failures(place):
            assert "does not speak HTTP/2" in str(error)


async def test_tls_to_a_plaintext_port_has_a_hint() -> None:
    with listening(sends_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n"), plaintext=True) as place:
        for error in await failures(place, url=f"https://127.0.0.1:{place.port}"):
            assert "does not speak TLS on this port; use http://" in str(error)


async def test_plaintext_to_a_tls_port_has_a_hint() -> None:
    with listening(web_page(200)) as place:
        for error in await failures(place, url=f"http://127.0.0.1:{place.port}"):
            assert "the URL must start with https://" in str(error)


async def test_plaintext_to_a_tls_port_of_nginx_has_a_hint() -> None:
    page = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\n\r\n"
    with listening(sends_bytes(page), plaintext=True) as place:
        for error in await failures(place):
            assert "use https://" in str(error)


@pytest.mark.parametrize(
    ("code", "hint"), [(11, "the headers are too large, or because of too many"), (0, "keepalive_requests")]
)
async def test_a_connection_that_the_server_closes_has_a_hint_for_the_code(code: int, hint: str) -> None:
    def respond(connection: h2.connection.H2Connection, stream: int) -> None:
        connection.close_connection(code, last_stream_id=0)

    with listening(speaks_h2(respond)) as place:
        for error in await failures(place):
            assert hint in (error.hint or "")


async def test_an_error_for_one_address_of_localhost_has_a_hint() -> None:
    text = "failed to connect to all addresses; last error: UNKNOWN: ipv6:%5B::1%5D:1: Connection refused"
    assert "use 127.0.0.1 in the URL" in (Unavailable("a/b", text).hint or "")


async def test_the_hint_names_the_trusted_cas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (file := tmp_path / "other.pem").write_bytes(trustme.CA().cert_pem.bytes())
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with listening(web_page(200)) as place:
        for error in await failures(Place(place.port, ConnectionOptions(), plaintext=False)):
            assert f"{file}, named by SSL_CERT_FILE" in (error.hint or "")


async def test_a_connection_that_is_reset_has_a_hint() -> None:
    def reset(stream: socket.socket) -> None:
        stream.recv(10)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with listening(reset, plaintext=True) as place:
        for error in await failures(place):
            assert "the connection was cut off" in str(error)
        for error in await failures(place, url=f"https://127.0.0.1:{place.port}"):
            assert "cut off" in str(error)


async def test_a_connection_that_is_lost_during_a_call_has_a_hint() -> None:
    with listening(disconnects()) as place:
        for error in await failures(place):
            assert type(error) is Unavailable
            assert "connection lost during the call; the server may have executed it" in str(error)


async def test_a_port_where_nothing_listens_has_a_hint() -> None:
    with listening(sends_bytes(b"")) as place:
        pass
    for error in await failures(place):
        assert "nothing listens on this port" in str(error)


@pytest.mark.parametrize(
    ("status", "hint"),
    [(407, "requires a user name and password"), (403, "refuses to connect to this server")],
)
async def test_an_http_proxy_that_refuses_has_a_hint(status: int, hint: str) -> None:
    refusal = f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode()
    with listening(sends_bytes(refusal), plaintext=True) as proxy:
        options = ConnectionOptions(proxy=f"http://127.0.0.1:{proxy.port}")
        place = Place(proxy.port, options, plaintext=False)
        for error in await failures(place, url="https://zitadel.example.com"):
            assert hint in str(error)


async def test_a_response_that_is_too_large_has_a_hint() -> None:
    message = b"\0" + (1000).to_bytes(4, "big") + b"x" * 1000
    with listening(sends_response(GRPC, message, trailers=[("grpc-status", "0")])) as place:
        options = dataclasses.replace(place.options, max_response_bytes=100)
        for error in await failures(Place(place.port, options, plaintext=False)):
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert "max_response_bytes" in (error.hint or "")


async def test_an_unknown_host_name_has_a_hint() -> None:
    nowhere = Place(443, ConnectionOptions(), plaintext=False)
    for error in await failures(nowhere, url="https://zitadel.invalid"):
        assert "the host name cannot be resolved" in str(error)


@pytest.mark.parametrize("plaintext", [False, True])
async def test_a_silent_server_has_a_hint(plaintext: bool) -> None:
    with listening(never_responds(), plaintext=plaintext) as place:
        for error in await failures(place, timeout=0.3):
            assert type(error) is DeadlineExceeded
            assert "no response within the call's timeout" in str(error)


async def test_a_certificate_for_another_name_has_a_hint() -> None:
    with listening(web_page(200), names=("zitadel.example.com",)) as place:
        for error in await failures(place):
            assert "certificate is for another name" in str(error)


async def test_a_certificate_that_is_not_trusted_has_a_hint() -> None:
    with listening(web_page(200)) as place:
        other = ConnectionOptions(root_certificates=trustme.CA().cert_pem.bytes())
        for error in await failures(Place(place.port, other, plaintext=False)):
            assert "add its CA to ConnectionOptions(root_certificates=…)" in str(error)


def tls(**certificate: Any) -> tuple[ssl.SSLContext, ConnectionOptions]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **certificate).configure_cert(context)
    authority.configure_trust(context)
    context.set_alpn_protocols(["h2"])
    return context, ConnectionOptions(root_certificates=authority.cert_pem.bytes())


async def failures_by(context: ssl.SSLContext, options: ConnectionOptions) -> Sequence[RpcError]:
    def serve(stream: socket.socket) -> None:
        with context.wrap_socket(stream, server_side=True) as secured:
            secured.recv(65536)

    with listening(serve, plaintext=True) as place:
        return await failures(Place(place.port, options, plaintext=False))


async def test_a_certificate_that_has_expired_has_a_hint() -> None:
    context, options = tls(
        not_before=datetime.datetime(2020, 1, 1),  # noqa: DTZ001  # trustme requires naive datetimes
        not_after=datetime.datetime(2021, 1, 1),  # noqa: DTZ001
    )
    for error in await failures_by(context, options):
        assert "certificate has expired" in (error.hint or "")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_requires_a_client_certificate_has_a_hint(version: ssl.TLSVersion) -> None:
    context, options = tls()
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    for error in await failures_by(context, options):
        assert "certificate_chain=" in (error.hint or "")


@pytest.mark.parametrize(
    ("alert", "hint"),
    [
        (70, "only old versions of TLS"),
        (112, "no certificate for this host name"),
        (116, "requires a client certificate"),
        (120, "does not offer HTTP/2 in ALPN"),
    ],
)
async def test_a_tls_alert_has_a_hint(alert: int, hint: str) -> None:
    fatal = b"\x15\x03\x03\x00\x02\x02" + bytes([alert])  # RFC 8446 §6
    with listening(sends_bytes(fatal), plaintext=True) as place:
        for error in await failures(place, url=f"https://127.0.0.1:{place.port}"):
            assert hint in (error.hint or "")
