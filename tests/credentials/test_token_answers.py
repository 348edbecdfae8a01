"""What a token endpoint may answer, and what is made of it."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import time
from email.utils import formatdate

import pytest
import trustme

from tests.credentials.caches import cache_of, token, wait_until
from tests.credentials.servers import Exchange, Respond, Serve, Server, gives_tokens, token_answer
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import ConfigurationError, TokenEndpointError
from zitadel_grpc.testing import Emulator

KeyData = dict[str, str]


class Client:
    """Asks for tokens with a key that the server need not know."""

    def __init__(self, serve: Serve, options: ConnectionOptions, key: KeyData) -> None:
        self.serve = serve
        self.options = options
        self.key = key

    def failure(self, server: Server | str, **options: object) -> TokenEndpointError:
        url = server if isinstance(server, str) else server.url
        changed = dataclasses.replace(self.options, **options)  # type: ignore[arg-type]
        with pytest.raises(TokenEndpointError) as failed:
            token(cache_of(JwtProfile.from_dict(self.key), url, changed))
        error = failed.value
        assert error.__cause__ is None
        assert error.__context__ is None
        assert f"{url}/oauth/v2/token" in str(error), "the error names the endpoint"
        return error

    def failure_of(self, respond: Respond) -> str:
        """Of an answer for which asking again helps nothing."""
        server = self.serve(respond)
        error = self.failure(server)
        assert not error.retryable
        assert len(server.requests) == 1
        return str(error)


@pytest.fixture
def client(serve: Serve, trusting: ConnectionOptions, made_up_key: KeyData) -> Client:
    return Client(serve, trusting, made_up_key)


@pytest.mark.parametrize(
    "body", [{}, {"token_type": "Bearer"}, token_answer(""), token_answer() | {"access_token": 7}]
)
def test_200_without_an_access_token_is_told(client: Client, body: dict[str, object]) -> None:
    said = client.failure_of(lambda exchange: exchange.answer(200, body))
    assert "answered 200 without an access_token" in said or "instead of a JSON object" in said


@pytest.mark.parametrize("broken", ["has white space", "line\nbreak", "umlautäö", "\x00"])
def test_a_token_that_no_header_can_carry_is_told(client: Client, broken: str) -> None:
    said = client.failure_of(lambda exchange: exchange.answer(200, token_answer(broken)))
    assert "access_token that cannot be sent in a header" in said
    assert broken not in said


def test_a_token_that_is_no_bearer_token_is_told(client: Client) -> None:
    said = client.failure_of(lambda exchange: exchange.answer(200, token_answer() | {"token_type": "DPoP"}))
    assert "not of token_type Bearer" in said


def test_bearer_may_be_written_in_any_case(client: Client) -> None:
    server = client.serve(lambda exchange: exchange.answer(200, token_answer() | {"token_type": "bearer"}))
    assert token(cache_of(JwtProfile.from_dict(client.key), server.url, client.options)) == "a-token"


@pytest.mark.parametrize(
    "life", ["0", "-1", "NaN", "Infinity", "true", "1e20", '"3600"', "null", "[]", "1" + "0" * 5000, None]
)
def test_an_absurd_life_is_told(client: Client, life: str | None) -> None:
    body = token_answer() | {"expires_in": "LIFE"}
    if life is None:
        del body["expires_in"]
    raw = json.dumps(body).replace('"LIFE"', str(life)).encode()
    said = client.failure_of(lambda exchange: exchange.answer(200, raw, content_type="application/json"))
    assert "expires_in that is not a sensible number of seconds" in said or "instead of a JSON object" in said


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
def test_200_that_is_no_json_object_is_told_with_its_kind(client: Client, body: bytes, kind: str) -> None:
    said = client.failure_of(lambda exchange: exchange.answer(200, body, content_type=kind))
    assert f"200 with {kind} instead of a JSON object: is this ZITADEL's address?" in said


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_nothing_is_sent_there(client: Client, status: int) -> None:
    elsewhere = client.serve(gives_tokens())
    said = client.failure_of(
        lambda exchange: exchange.answer(status, location=f"{elsewhere.url}/oauth/v2/token?back=/secret")
    )
    assert f"redirects to {elsewhere.url} ({status})" in said
    assert "give the address that it redirects to" in said
    assert "secret" not in said
    assert not elsewhere.requests


@pytest.mark.parametrize("location", ["/login", "", "https://user:password@host/"])
def test_a_redirect_to_anywhere_is_told(client: Client, location: str) -> None:
    said = client.failure_of(lambda exchange: exchange.answer(302, location=location))
    assert "redirects" in said
    assert "password" not in said


def test_a_redirect_to_nowhere_is_told(client: Client) -> None:
    server = client.serve(lambda exchange: exchange.answer(302, location="https://[::1"))
    assert client.failure(server)


def test_a_server_that_has_no_such_instance_is_told(
    emulator: Emulator, options: ConnectionOptions, client: Client
) -> None:
    client.options = options
    said = str(client.failure(emulator.url.replace("localhost", "127.0.0.1")))
    assert "answered 404" in said
    assert "no instance of that name" in said
    assert "ConnectionOptions(authority=…)" in said


@pytest.mark.parametrize("status", [204, 400, 403, 404, 418])
def test_a_server_that_speaks_no_oauth_is_told(client: Client, status: int) -> None:
    said = client.failure_of(
        lambda exchange: exchange.answer(
            status, b"" if status == 204 else b"<html>", content_type="text/html"
        )
    )
    assert f"answered {status} (text/html) and no OAuth error" in said


def test_a_huge_answer_is_not_read_to_its_end(client: Client) -> None:
    sent = []

    def respond(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n"
        )
        for megabyte in range(100):
            exchange.send(b"[" * (1 << 20))
            sent.append(megabyte)

    assert "instead of a JSON object" in client.failure_of(respond)
    assert len(sent) < 50


def test_a_compressed_answer_is_not_asked_for_nor_unpacked(client: Client) -> None:
    server = client.serve(lambda exchange: exchange.answer(200, b"\x1f\x8b\x08", content_encoding="gzip"))
    client.failure(server)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_answer_is_asked_for_again(client: Client, status: int) -> None:
    right = gives_tokens()

    def respond(exchange: Exchange) -> None:
        if len(server.requests) < 3:
            exchange.answer(status, b"busy", retry_after="0")
        else:
            right(exchange)

    server = client.serve(respond)
    assert token(cache_of(JwtProfile.from_dict(client.key), server.url, client.options)) == "token-1"
    assert len(server.requests) == 3


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_an_oauth_error_that_passes_is_passing(client: Client, error: str) -> None:
    server = client.serve(lambda exchange: exchange.answer(400, {"error": error}, retry_after="0"))
    assert f"answered 400 {error}" in str(client.failure(server))
    assert len(server.requests) == 4


def test_a_passing_failure_that_stays_is_told_with_its_status(client: Client) -> None:
    server = client.serve(lambda exchange: exchange.answer(503, b"busy", retry_after="0"))
    error = client.failure(server)
    assert error.retryable
    assert "answered 503" in str(error)
    assert len(server.requests) == 4, "some attempts, not endless ones"


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_a_wait_longer_than_the_timeout_is_told_at_once(client: Client, as_date: bool) -> None:
    wait = formatdate(time.time() + 120, usegmt=True) if as_date else "120"
    server = client.serve(lambda exchange: exchange.answer(429, retry_after=wait))
    error = client.failure(server)
    assert error.retry_after is not None
    assert 110 < error.retry_after <= 120
    assert len(server.requests) == 1


@pytest.mark.parametrize("wait", ["soon", "-5", "", "1e3", "9" * 400, "²", "Mon, 99 Foo 2020 00:00:00 GMT"])
def test_a_wait_that_cannot_be_read_does_no_harm(client: Client, wait: str) -> None:
    answers: list[Respond] = [
        lambda exchange: exchange.answer(503, retry_after=wait.encode().decode("latin-1")),
        gives_tokens(),
    ]
    server = client.serve(lambda exchange: answers[len(server.requests) - 1](exchange))
    assert token(cache_of(JwtProfile.from_dict(client.key), server.url, client.options)) == "token-1"


def test_a_silent_endpoint_ends_within_the_timeout(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.token_endpoint.silent = True
    cache = cache_of(key, emulator.url, dataclasses.replace(options, token_timeout=0.5))
    with pytest.raises(
        TokenEndpointError, match=r"oauth/v2/token did not answer in time \(token_timeout 0.5 s\)"
    ):
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
def test_an_answer_that_dribbles_ends_and_its_connection_too(client: Client, start: bytes, tls: bool) -> None:
    hung_up = threading.Event()

    def respond(exchange: Exchange) -> None:
        try:
            exchange.dribble(start, b"x-a: b\r\n")
        finally:
            hung_up.set()

    server = client.serve(respond, tls=tls)
    cache = cache_of(
        JwtProfile.from_dict(client.key), server.url, dataclasses.replace(client.options, token_timeout=0.5)
    )
    with pytest.raises(TokenEndpointError):
        cache.wait(10)
    assert hung_up.wait(10)


def test_a_connection_that_is_cut_is_tried_again(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.token_endpoint.down = True
    cache = cache_of(key, emulator.url, options)
    waiting = cache.refresh()
    wait_until(lambda: emulator.token_requests > 0)
    emulator.faults.token_endpoint.down = False
    assert waiting.result(10)


def test_a_refused_connection_is_told(client: Client) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        error = client.failure(f"https://localhost:{taken.getsockname()[1]}", token_timeout=0.5)
    assert error.retryable
    assert "cannot be reached" in str(error)
    assert "refused" in str(error)


def test_a_name_that_is_not_known_is_told(client: Client) -> None:
    error = client.failure("https://no-such-host.invalid", token_timeout=0.5)
    assert error.retryable


def test_an_untrusted_certificate_is_told_with_the_mend(client: Client) -> None:
    server = client.serve(gives_tokens())
    error = client.failure(server, root_certificates=trustme.CA().cert_pem.bytes())
    assert not error.retryable
    assert "ConnectionOptions(root_certificates=…)" in str(error)
    assert not server.requests


def test_a_certificate_for_another_name_is_told_with_the_mend(client: Client) -> None:
    server = client.serve(gives_tokens(), names=("id.example.com",))
    error = client.failure(server)
    assert not error.retryable
    assert "ConnectionOptions(authority=…)" in str(error)
    assert not server.requests


def test_a_server_without_tls_is_told(client: Client) -> None:
    server = client.serve(gives_tokens(), tls=False)
    error = client.failure(server.url.replace("http:", "https:"))
    assert not error.retryable
    assert "does not speak TLS" in str(error)
    assert not server.requests


def test_roots_that_cannot_be_read_are_told(client: Client) -> None:
    server = client.serve(gives_tokens())
    options = dataclasses.replace(client.options, root_certificates=b"no PEM")
    with pytest.raises(ConfigurationError, match="root_certificates"):
        token(cache_of(JwtProfile.from_dict(client.key), server.url, options))


def test_an_answer_that_is_no_http_is_told(client: Client) -> None:
    server = client.serve(lambda exchange: exchange.send(b"220 smtp.example.com ESMTP\r\n"))
    assert "cannot be reached" in str(client.failure(server, token_timeout=1.0))
