"""The token cache as clients and the plugin use it."""

from __future__ import annotations

import time
from collections.abc import Callable

from zitadel_grpc import ConnectionOptions
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.credentials._token_server import resolve_token_server


def cache_of(
    credentials: Credentials, url: str = "https://localhost", options: ConnectionOptions | None = None
) -> TokenCache:
    """What a client for `url` asks for its token."""
    return credentials._cache_for(resolve_token_server(Endpoint.parse(url), options or ConnectionOptions()))


def token(cache: TokenCache, *, at_most: float = 20.0) -> str:
    """The token that a call would carry now, as a synchronous call gets it."""
    return (cache.authorization() or cache.wait(at_most)).removeprefix("Bearer ")


async def token_async(cache: TokenCache) -> str:
    """The same, as an asynchronous call gets it."""
    return (cache.authorization() or await cache.wait_async()).removeprefix("Bearer ")


def wait_until(happened: Callable[[], bool], *, at_most: float = 30.0) -> None:
    """Polls until `happened`; fails after `at_most` seconds."""
    end = time.monotonic() + at_most
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
