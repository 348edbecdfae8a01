"""Fetches a token from a server, and returns the error."""

from __future__ import annotations

import dataclasses

import pytest

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Respond, Serve, Server
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import TokenEndpointError

KeyData = dict[str, str]


class TokenFetcher:
    """Fetches tokens with a key that the server may not know."""

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
        assert url in str(error), "the error names the endpoint"
        return error

    def failure_of(self, respond: Respond) -> str:
        """The error for a response that is not retried."""
        server = self.serve(respond)
        error = self.failure(server)
        assert not error.retryable
        assert len(server.requests) == 1
        return str(error)
