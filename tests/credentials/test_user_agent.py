"""Token requests say which client sends them."""

from __future__ import annotations

from dataclasses import replace

import grpc
import pytest

from tests.credentials.servers import Serve, issue_tokens
from zitadel_grpc import Client, ConnectionOptions, __version__
from zitadel_grpc.credentials import ClientCredentials


@pytest.mark.parametrize(("suffix", "end"), [(None, ""), ("my-service/1.2", " my-service/1.2")])
def test_token_requests_name_package_and_version(
    serve: Serve, trusting: ConnectionOptions, suffix: str | None, end: str
) -> None:
    server = serve(issue_tokens())
    options = replace(trusting, user_agent_suffix=suffix)
    with Client(server.url, ClientCredentials("client-id", "secret"), options=options) as client:
        client.access_token()
    expected = f"zitadel-grpc/{__version__} grpc-python/{grpc.__version__}{end}"
    assert [request.headers["user-agent"] for request in server.requests] == [expected]
