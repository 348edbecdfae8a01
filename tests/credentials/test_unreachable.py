"""Token endpoints that cannot be reached, do not respond, or are not the right server."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import socket
import ssl
import threading
import traceback

import pytest
import trustme

from tests.credentials.caches import cache_of, token, wait_until
from tests.credentials.servers import Exchange, issue_tokens
from tests.credentials.token_requests import TokenFetcher
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import ClientCredentials, JwtProfile
from zitadel_grpc.errors import ConfigurationError, TokenEndpointError, ZitadelError
from zitadel_grpc.testing import Emulator


def test_a_silent_endpoint_ends_within_the_timeout(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.token_endpoint.silent = True
    cache = cache_of(key, emulator.url, dataclasses.replace(options, token_timeout=0.5))
    with pytest.raises(TokenEndpointError, match="token_timeout"):
        cache.wait(10)


@pytest.mark.parametrize(
    ("start", "tls"),
    [
        (b"", True),
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n", False),
    ],
    ids=["status", "headers", "body", "headers without TLS"],
)
def test_a_response_that_trickles_is_abandoned_with_its_connection(
    fetcher: TokenFetcher, start: bytes, tls: bool
) -> None:
    hung_up = threading.Event()

    def respond(exchange: Exchange) -> None:
        try:
            exchange.dribble(start, b"x-a: b\r\n")
        finally:
            hung_up.set()

    server = fetcher.serve(respond, tls=tls)
    cache = cache_of(
        JwtProfile.from_dict(fetcher.key),
        server.url,
        dataclasses.replace(fetcher.options, token_timeout=0.5),
    )
    with pytest.raises(TokenEndpointError):
        cache.wait(10)
    assert hung_up.wait(10)


def test_a_lost_connection_is_retried(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.token_endpoint.down = True
    cache = cache_of(key, emulator.url, options)
    waiting = cache.refresh()
    wait_until(lambda: emulator.token_requests > 0)
    emulator.faults.token_endpoint.down = False
    assert waiting.result(10)


def test_a_refused_connection_is_reported(fetcher: TokenFetcher) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        error = fetcher.failure(f"https://localhost:{taken.getsockname()[1]}", token_timeout=5.0)
    assert error.retryable
    assert "cannot be reached" in str(error)
    assert "refused" in str(error)


def test_an_unknown_host_name_is_reported(fetcher: TokenFetcher) -> None:
    error = fetcher.failure("https://no-such-host.invalid", token_timeout=0.5)
    assert error.retryable


def test_an_untrusted_certificate_is_reported_with_the_fix(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(issue_tokens())
    error = fetcher.failure(server, root_certificates=trustme.CA().cert_pem.bytes())
    assert not error.retryable
    assert "ConnectionOptions(root_certificates=…)" in str(error)
    assert not server.requests


def test_a_certificate_for_another_name_is_reported_with_the_fix(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(issue_tokens(), names=("id.example.com",))
    error = fetcher.failure(server)
    assert not error.retryable
    assert "ConnectionOptions(authority=…)" in str(error)
    assert not server.requests


def test_a_server_without_tls_is_reported(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(issue_tokens(), tls=False)
    error = fetcher.failure(server.url.replace("http:", "https:"))
    assert not error.retryable
    assert "does not speak TLS" in str(error)
    assert not server.requests


@pytest.mark.parametrize(
    "body",
    [
        b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ],
)
def test_plaintext_to_a_tls_port_that_responds_is_reported(fetcher: TokenFetcher, body: bytes) -> None:
    server = fetcher.serve(lambda exchange: exchange.respond(400, body), tls=False)
    error = fetcher.failure(server)
    assert not error.retryable
    assert "use https:// in the URL" in str(error)


@pytest.mark.parametrize("raw", [b"\x15\x03\x03\x00\x02\x02\x46\r\n", b""])
def test_plaintext_to_a_tls_port_that_disconnects_is_reported(fetcher: TokenFetcher, raw: bytes) -> None:
    server = fetcher.serve(lambda exchange: exchange.send(raw), tls=False)
    assert "https://" in str(fetcher.failure(server, token_timeout=5.0))


def test_a_missing_client_certificate_is_reported_with_the_pages_title(fetcher: TokenFetcher) -> None:
    page = b"<html><head><title>400 No required SSL certificate was sent</title></head></html>"
    error = fetcher.failure(fetcher.serve(lambda exchange: exchange.respond(400, page)))
    assert "400 No required SSL certificate was sent" in str(error)
    assert "certificate_chain=…" in str(error)


def test_an_expired_certificate_is_not_reported_as_untrusted() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime.datetime(2020, 1, 1)  # noqa: DTZ001  # trustme requires a naive datetime
    certificate = authority.issue_cert("localhost", not_before=past, not_after=past.replace(year=2021))
    certificate.configure_cert(context)

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            context.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        options = ConnectionOptions(root_certificates=authority.cert_pem.bytes())
        url = f"https://localhost:{listener.getsockname()[1]}"
        with pytest.raises(TokenEndpointError, match="the server's certificate has expired") as failed:
            token(cache_of(ClientCredentials("id", "a-secret"), url, options))
        thread.join(10)
    assert not failed.value.retryable
    assert "root_certificates" not in str(failed.value)


def test_roots_that_cannot_be_read_are_reported(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(issue_tokens())
    options = dataclasses.replace(fetcher.options, root_certificates=b"no PEM")
    with pytest.raises(ConfigurationError, match="root_certificates"):
        token(cache_of(JwtProfile.from_dict(fetcher.key), server.url, options))


@pytest.mark.parametrize(
    "url", ["ftp://user:a-password@proxy", "https://user:a-password@[::1", "user:a-password@x"]
)
def test_a_proxy_that_cannot_be_used_is_reported_without_its_password(
    fetcher: TokenFetcher, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    server = fetcher.serve(issue_tokens())
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, url)
    with pytest.raises(ZitadelError) as failed:
        token(cache_of(JwtProfile.from_dict(fetcher.key), server.url, fetcher.options))
    assert "a-password" not in "".join(traceback.format_exception(failed.value))
    assert not server.requests


def test_a_response_that_is_not_http_is_reported(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(lambda exchange: exchange.send(b"220 smtp.example.com ESMTP\r\n"))
    assert "cannot be reached" in str(fetcher.failure(server, token_timeout=5.0))
