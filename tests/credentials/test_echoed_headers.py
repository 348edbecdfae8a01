"""If the token endpoint repeats a secret header, no error contains it, whatever its name is."""

from __future__ import annotations

import dataclasses

import pytest

from tests.credentials.servers import Exchange, Serve
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc._errors.redaction import secrets_of
from zitadel_grpc.credentials import AccessToken, ClientCredentials
from zitadel_grpc.errors import ZitadelError


@pytest.mark.parametrize(
    "name", ["x-api-key", "x-goog-iap", "cf-access-client", "tenant", "x-zitadel-token", "accept-key"]
)
def test_an_echoed_header_is_not_in_the_error(serve: Serve, trusting: ConnectionOptions, name: str) -> None:
    def respond(exchange: Exchange) -> None:
        message = f"you sent {exchange.received.headers[name]}"
        exchange.respond(400, {"error": "invalid_request", "error_description": message})

    options = dataclasses.replace(trusting, headers={name: "HEADER-SECRET-1"})
    with (
        Client(serve(respond).url, ClientCredentials("id", "secret"), options=options) as client,
        pytest.raises(ZitadelError) as refused,
    ):
        client.access_token()
    assert "you sent" in str(refused.value)
    assert "HEADER-SECRET-1" not in str(refused.value)


def test_every_header_of_a_call_is_secret_except_the_organization() -> None:
    sent = [("x-goog-iap", "HEADER-SECRET-2"), ("x-zitadel-orgid", "123456789012")]
    assert set(secrets_of(sent)) == {"HEADER-SECRET-2"}


async def test_a_sync_client_in_a_running_loop_accepts_an_async_function() -> None:
    async def token() -> str:
        return "a-token"

    with Client("https://localhost:1", AccessToken(token)) as client:
        assert client.access_token() == "a-token"
