"""Token requests use HTTP/2 if the server negotiates it, and fall back to HTTP/1.1 if that fails."""

from __future__ import annotations

import dataclasses
import logging
import subprocess
import sys

import pytest
import trustme
from h2.connection import H2Connection
from h2.errors import ErrorCodes

from tests.credentials.caches import cache_of, token
from tests.credentials.http2_server import Http2Server, Respond, send_token
from tests.credentials.servers import Serve, issue_tokens
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import ClientCredentials, JwtProfile
from zitadel_grpc.errors import TokenEndpointError


def test_tokens_come_through_a_proxy_that_speaks_only_http2(
    authority: trustme.CA, trusting: ConnectionOptions, unknown_key: dict[str, str]
) -> None:
    with Http2Server(authority, send_token, ["h2"]) as server:
        assert token(cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting)) == "by-h2"
        named = dataclasses.replace(trusting, authority="localhost:443")
        assert token(cache_of(ClientCredentials("id", "secret"), server.url, named)) == "by-h2"
    assert server.spoken == ["h2", "h2"]
    assert [headers[":authority"] for headers in server.headers][1] in ("localhost", "localhost:443")


def _resets(connection: H2Connection, stream: int) -> bytes:
    connection.reset_stream(stream, ErrorCodes.HTTP_1_1_REQUIRED)
    return b""


def _goes_away(connection: H2Connection, stream: int) -> bytes:
    connection.close_connection(ErrorCodes.INTERNAL_ERROR)
    return b""


def _breaks_off_the_body(connection: H2Connection, stream: int) -> bytes:
    connection.send_headers(stream, [(":status", "200"), ("content-length", "999")])
    connection.send_data(stream, b"{", end_stream=False)
    connection.reset_stream(stream)
    return b""


def _lies_about_the_length(connection: H2Connection, stream: int) -> bytes:
    connection.send_headers(stream, [(":status", "200"), ("content-length", "9")])
    connection.send_data(stream, b"{}", end_stream=True)
    return b""


BROKEN: dict[str, Respond] = {
    "reset": _resets,
    "GOAWAY": _goes_away,
    "hangs up": lambda connection, stream: None,
    "no frames": lambda connection, stream: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "half a body": _breaks_off_the_body,
    "another length": _lies_about_the_length,
    "headers that cannot be decoded": lambda connection, stream: b"\0\0\1\1\4\0\0\0\1\xff",
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_http2_falls_back_to_http1(
    authority: trustme.CA, trusting: ConnectionOptions, how: str
) -> None:
    with Http2Server(authority, BROKEN[how], ["h2", "http/1.1"]) as server:
        assert token(cache_of(ClientCredentials("id", "secret"), server.url, trusting)) == "by-http/1.1"
    assert server.spoken == ["h2", "http/1.1"]


def test_an_error_names_both_failures(authority: trustme.CA, trusting: ConnectionOptions) -> None:
    options = dataclasses.replace(trusting, token_timeout=3)
    with (
        Http2Server(authority, _goes_away, ["h2"]) as server,
        pytest.raises(TokenEndpointError, match=r"over HTTP/1\.1, after HTTP/2 failed") as failed,
    ):
        token(cache_of(ClientCredentials("id", "a-secret"), server.url, options))
    assert failed.value.__cause__ is failed.value.__context__ is None


def test_plaintext_stays_with_http1(serve: Serve) -> None:
    server = serve(issue_tokens(), tls=False)
    assert token(cache_of(ClientCredentials("id", "secret"), server.url)) == "token-1"


def test_logs_of_http2_contain_no_secret(
    authority: trustme.CA, trusting: ConnectionOptions, caplog: pytest.LogCaptureFixture
) -> None:
    options = dataclasses.replace(trusting, headers={"x-gateway": "s3cr3t-of-the-gateway"})
    credentials = ClientCredentials("id", "s3cr3t-of-the-client")
    with caplog.at_level(logging.DEBUG), Http2Server(authority, send_token, ["h2"]) as server:
        token(cache_of(credentials, server.url, options))
    ours = [record for record in caplog.records if record.threadName == "zitadel-grpc-token"]
    assert ours
    assert not [record for record in ours if record.name.startswith("hpack")]
    assert "s3cr3t" not in "\n".join(record.getMessage() for record in ours)
    assert server.headers[0]["x-gateway"] == "s3cr3t-of-the-gateway"


def test_h2_is_not_imported_without_a_token_request() -> None:
    script = """
import sys
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.credentials import PersonalAccessToken
Client("https://localhost:1", PersonalAccessToken("a-token")).management
sys.exit("h2" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=50)
