"""Credentials send at most one token request per second, for any number of callers and any response."""

from __future__ import annotations

import email.utils
import threading
import time

import pytest

from tests.credentials.servers import Serve, token_response
from zitadel_grpc import Client, ConnectionOptions, _http_headers
from zitadel_grpc.credentials import ClientCredentials
from zitadel_grpc.errors import ZitadelError


def retry_headers(value: str, clock: float = 0.0) -> dict[str, str]:
    return {"retry_after": value, "date": email.utils.formatdate(time.time() + clock, usegmt=True)}


@pytest.mark.parametrize(
    ("status", "body", "retry_after"),
    [
        pytest.param(503, b"", "0", id="retry after 0"),
        pytest.param(429, b"", "0", id="too many requests, retry after 0"),
        pytest.param(503, b"", "Thu, 01 Jan 1970 00:00:00 GMT", id="a date that is over"),
        pytest.param(200, token_response(expires_in=0.01), "", id="tokens that end at once"),
    ],
)
def test_many_callers_cause_one_request_per_second(
    serve: Serve, trusting: ConnectionOptions, status: int, body: bytes | dict[str, object], retry_after: str
) -> None:
    server = serve(lambda exchange: exchange.respond(status, body, retry_after=retry_after))
    began = time.monotonic()
    with Client(server.url, ClientCredentials("id", "secret"), options=trusting) as client:

        def call() -> None:
            while time.monotonic() < began + 3.2:
                try:
                    client.access_token()
                except ZitadelError:
                    time.sleep(0.01)

        threads = [threading.Thread(target=call) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 1 < len(server.requests) <= 2 + time.monotonic() - began


@pytest.mark.parametrize("clock", [-600.0, 600.0])
def test_a_retry_date_is_relative_to_the_date_of_the_response(clock: float) -> None:
    then = email.utils.formatdate(time.time() + clock + 20, usegmt=True)
    headers = retry_headers(then, clock)
    wait = _http_headers.retry_after(headers["retry_after"], headers["date"])
    assert wait is not None
    assert 18 <= wait <= 22
