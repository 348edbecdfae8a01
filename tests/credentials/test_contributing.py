"""The example of a credential kind in CONTRIBUTING.md works unchanged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Serve, issue_tokens
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import ClientCredentials
from zitadel_grpc.errors import CredentialsError

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def kind() -> Any:
    (code,) = re.findall(r"^```python\n(.*?class RefreshGrant.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102
    return names["RefreshGrant"]


def test_the_example_fetches_a_token(kind: Any, serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(issue_tokens())
    credentials = kind(ClientCredentials("id", "a-secret"), "a-refresh-token")
    assert token(cache_of(credentials, server.url, trusting)) == "token-1"
    (request,) = server.requests
    assert request.form["grant_type"] == "refresh_token"
    assert request.form["refresh_token"] == "a-refresh-token"
    assert request.headers["authorization"].startswith("Basic ")
    assert "urn:zitadel:iam:org:project:id:zitadel:aud" in request.form["scope"]


def test_errors_of_the_example_contain_no_secret(
    kind: Any, serve: Serve, trusting: ConnectionOptions
) -> None:
    body = {"error": "invalid_grant", "error_description": "no such token: a-refresh-token"}
    server = serve(lambda exchange: exchange.respond(400, body))
    credentials = kind(ClientCredentials("id", "a-secret"), "a-refresh-token")
    with pytest.raises(CredentialsError) as refused:
        token(cache_of(credentials, server.url, trusting))
    assert "a-refresh-token" not in f"{credentials!r}{refused.value}"
