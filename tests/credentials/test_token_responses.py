"""Valid and invalid responses of a token endpoint."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Exchange, Respond, issue_tokens, token_response
from tests.credentials.token_requests import TokenFetcher
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize(
    "body", [{}, {"token_type": "Bearer"}, token_response(""), token_response() | {"access_token": 7}]
)
def test_200_without_an_access_token_is_reported(fetcher: TokenFetcher, body: dict[str, object]) -> None:
    message = fetcher.failure_of(lambda exchange: exchange.respond(200, body))
    assert (
        "responded with 200, but without an access_token" in message or "instead of a JSON object" in message
    )


@pytest.mark.parametrize("broken", ["has white space", "line\nbreak", "umlautäö", "\x00"])
def test_a_token_that_cannot_be_sent_in_a_header_is_reported(fetcher: TokenFetcher, broken: str) -> None:
    message = fetcher.failure_of(lambda exchange: exchange.respond(200, token_response(broken)))
    assert "access_token that cannot be sent in a header" in message
    assert broken not in message


def test_a_token_that_is_not_a_bearer_token_is_reported(fetcher: TokenFetcher) -> None:
    message = fetcher.failure_of(
        lambda exchange: exchange.respond(200, token_response() | {"token_type": "DPoP"})
    )
    assert "with a token_type other than Bearer" in message


def test_bearer_is_case_insensitive(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(
        lambda exchange: exchange.respond(200, token_response() | {"token_type": "bearer"})
    )
    assert token(cache_of(JwtProfile.from_dict(fetcher.key), server.url, fetcher.options)) == "a-token"


@pytest.mark.parametrize(
    "life", ["0", "-1", "NaN", "Infinity", "true", "1e20", '"3600"', "null", "[]", "1" + "0" * 5000, None]
)
def test_an_absurd_lifetime_is_reported(fetcher: TokenFetcher, life: str | None) -> None:
    body = token_response() | {"expires_in": "LIFE"}
    if life is None:
        del body["expires_in"]
    raw = json.dumps(body).replace('"LIFE"', str(life)).encode()
    message = fetcher.failure_of(lambda exchange: exchange.respond(200, raw, content_type="application/json"))
    assert (
        "expires_in that is not a valid number of seconds" in message or "instead of a JSON object" in message
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Sign in</html>", "text/html"),
        (b"", "text/plain"),
        (b"\xff\xfe\x00", "application/json"),
        (b"[1]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"access_token": "cut o', "application/json"),
    ],
)
def test_200_without_a_json_object_is_reported_with_its_content_type(
    fetcher: TokenFetcher, body: bytes, kind: str
) -> None:
    message = fetcher.failure_of(lambda exchange: exchange.respond(200, body, content_type=kind))
    assert f"200, but with {kind} instead of a JSON object: check that this is the URL of ZITADEL" in message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_reported_and_not_followed(fetcher: TokenFetcher, status: int) -> None:
    elsewhere = fetcher.serve(issue_tokens())
    message = fetcher.failure_of(
        lambda exchange: exchange.respond(status, location=f"{elsewhere.url}/oauth/v2/token?back=/secret")
    )
    assert f"redirects to {elsewhere.url} ({status})" in message
    assert "use the address that it redirects to" in message
    assert "secret" not in message
    assert not elsewhere.requests


@pytest.mark.parametrize("location", ["/login", "", "https://user:password@host/"])
def test_any_redirect_is_reported(fetcher: TokenFetcher, location: str) -> None:
    message = fetcher.failure_of(lambda exchange: exchange.respond(302, location=location))
    assert "redirects" in message
    assert "password" not in message


def test_a_redirect_to_an_invalid_url_is_reported(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(lambda exchange: exchange.respond(302, location="https://[::1"))
    assert fetcher.failure(server)


def test_a_server_without_the_instance_is_reported(
    emulator: Emulator, options: ConnectionOptions, fetcher: TokenFetcher
) -> None:
    fetcher.options = options
    message = str(fetcher.failure(emulator.url.replace("localhost", "127.0.0.1")))
    assert "responded with 404" in message
    assert "no instance with this domain" in message
    assert "ConnectionOptions(authority=…)" in message


@pytest.mark.parametrize("status", [204, 400, 403, 404, 418])
def test_a_server_that_does_not_speak_oauth_is_reported(fetcher: TokenFetcher, status: int) -> None:
    message = fetcher.failure_of(
        lambda exchange: exchange.respond(
            status, b"" if status == 204 else b"<html>", content_type="text/html"
        )
    )
    assert f"responded with {status} (text/html) instead of an OAuth error" in message


def test_a_huge_response_is_not_read_to_its_end(fetcher: TokenFetcher) -> None:
    sent = []

    def respond(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n"
        )
        for megabyte in range(100):
            exchange.send(b"[" * (1 << 20))
            sent.append(megabyte)

    assert "instead of a JSON object" in fetcher.failure_of(respond)
    assert len(sent) < 50


def test_a_compressed_response_is_neither_requested_nor_unpacked(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(lambda exchange: exchange.respond(200, b"\x1f\x8b\x08", content_encoding="gzip"))
    fetcher.failure(server)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_temporary_failure_is_retried(fetcher: TokenFetcher, status: int) -> None:
    right = issue_tokens()

    def respond(exchange: Exchange) -> None:
        if len(server.requests) < 3:
            exchange.respond(status, b"busy", retry_after="0")
        else:
            right(exchange)

    server = fetcher.serve(respond)
    assert token(cache_of(JwtProfile.from_dict(fetcher.key), server.url, fetcher.options)) == "token-1"
    assert len(server.requests) == 3


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_a_temporary_oauth_error_is_retryable(fetcher: TokenFetcher, error: str) -> None:
    server = fetcher.serve(lambda exchange: exchange.respond(400, {"error": error}, retry_after="0"))
    assert f"responded with 400 {error}" in str(fetcher.failure(server))
    assert len(server.requests) == 4


def test_a_failure_that_lasts_is_reported_with_its_status(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(lambda exchange: exchange.respond(503, b"busy", retry_after="0"))
    error = fetcher.failure(server)
    assert error.retryable
    assert "responded with 503" in str(error)
    assert len(server.requests) == 4, "some attempts, not endless ones"


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_a_retry_after_beyond_the_timeout_is_reported_at_once(fetcher: TokenFetcher, as_date: bool) -> None:
    wait = formatdate(time.time() + 120, usegmt=True) if as_date else "120"
    server = fetcher.serve(lambda exchange: exchange.respond(429, retry_after=wait))
    error = fetcher.failure(server)
    assert error.retry_after is not None
    assert 110 < error.retry_after <= 120
    assert len(server.requests) == 1


def test_429_without_retry_after_is_not_retried(fetcher: TokenFetcher) -> None:
    server = fetcher.serve(lambda exchange: exchange.respond(429))
    error = fetcher.failure(server)
    assert (error.status, error.retry_after) == (429, None)
    assert len(server.requests) == 1


@pytest.mark.parametrize("wait", ["soon", "-5", "", "1e3", "9" * 400, "²", "Mon, 99 Foo 2020 00:00:00 GMT"])
def test_an_invalid_retry_after_is_ignored(fetcher: TokenFetcher, wait: str) -> None:
    responses: list[Respond] = [
        lambda exchange: exchange.respond(503, retry_after=wait.encode().decode("latin-1")),
        issue_tokens(),
    ]
    server = fetcher.serve(lambda exchange: responses[len(server.requests) - 1](exchange))
    assert token(cache_of(JwtProfile.from_dict(fetcher.key), server.url, fetcher.options)) == "token-1"
