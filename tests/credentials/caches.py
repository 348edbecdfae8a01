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
    """The token cache of a client for `url`."""
    return credentials._cache_for(resolve_token_server(Endpoint.parse(url), options or ConnectionOptions()))


def token(cache: TokenCache, *, at_most: float = 20.0) -> str:
    """The token that a synchronous call would send now."""
    return (cache.authorization() or cache.wait(at_most)).removeprefix("Bearer ")


async def token_async(cache: TokenCache) -> str:
    """The token that an asynchronous call would send now."""
    return (cache.authorization() or await cache.wait_async()).removeprefix("Bearer ")


def wait_until(happened: Callable[[], bool], *, at_most: float = 30.0) -> None:
    """Polls until `happened`; fails after `at_most` seconds."""
    end = time.monotonic() + at_most
    while not happened():
        assert time.monotonic() < end, "the condition did not become true"
        time.sleep(0.01)
