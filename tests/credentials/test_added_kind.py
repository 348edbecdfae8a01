"""The kind of credentials that CONTRIBUTING.md adds works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Exchange, Serve, gives_tokens
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import ClientCredentials, Credentials
from zitadel_grpc.errors import CredentialsError

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


@pytest.fixture
def added() -> Credentials:
    section = CONTRIBUTING.read_text(encoding="utf-8").partition("## Adding a credential kind")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    names: dict[str, type[Credentials]] = {}
    exec(code[1], names)  # noqa: S102
    client = ClientCredentials("app", "app-secret")
    return names["RefreshGrant"](client, "a-refresh-token")  # type: ignore[call-arg,arg-type]


def test_it_fetches_a_token(added: Credentials, serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(gives_tokens())
    assert token(cache_of(added, server.url, trusting)) == "token-1"
    (request,) = server.requests
    assert request.form["refresh_token"] == "a-refresh-token"
    assert request.headers["authorization"].startswith("Basic ")


def test_its_errors_contain_no_secret(added: Credentials, serve: Serve, trusting: ConnectionOptions) -> None:
    def refuse(exchange: Exchange) -> None:
        sent = exchange.received.form["refresh_token"]
        exchange.answer(400, {"error": "invalid_grant", "error_description": f"{sent} was revoked"})

    with pytest.raises(CredentialsError, match="invalid_grant, … was revoked"):
        token(cache_of(added, serve(refuse).url, trusting))
