"""Credentials: the base class of every kind. A new kind implements `fetch_token`; the rest is shared."""

from __future__ import annotations

import abc
import math

from zitadel_grpc.credentials import _refresh_policy
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.credentials._token_server import TokenServer
from zitadel_grpc.errors import ConfigurationError


class Credentials(abc.ABC):
    """The base class of all credentials, which fetch tokens. Any number of clients, threads and event loops
    can share one object: it keeps one token per token server for all of them.

    To write your own kind, implement `fetch_token` and call `super().__init__()`.
    """

    def __init__(
        self, *, initial_token: Token | None = None, renewable: bool = True, renew_after: float = math.inf
    ) -> None:
        """`initial_token` is used until it expires. Pass `renewable=False` if `fetch_token` cannot replace a
        token that the server refuses. A token is renewed after `renew_after` seconds, even if it does not
        expire."""
        self._initial_token = initial_token
        self._renewable = renewable
        self._renew_after = renew_after
        self._caches: dict[TokenServer, TokenCache] = {}

    @abc.abstractmethod
    def fetch_token(self, server: TokenServer, context: RefreshContext) -> Token:
        """Fetches a new token. Runs in a background thread; may block for `context.remaining()` seconds.

        Raise CredentialsError if the server refuses the credentials, and TokenEndpointError if a retry may
        succeed.
        """

    def _cache_for(self, server: TokenServer) -> TokenCache:
        """The cache of this object's token for `server`."""
        if "_caches" not in vars(self):
            raise ConfigurationError(f"{type(self).__name__}.__init__ must call super().__init__()")
        known = self._caches.get(server)
        if known is None:
            new = TokenCache(
                lambda context: self.fetch_token(server, context),
                name=f"{self!r} at {server.issuer}",
                timeout=server.options.token_timeout,
                policy=_refresh_policy.DEFAULT._replace(renew_after=self._renew_after),
                initial_token=self._initial_token,
                renewable=self._renewable,
                tracing=server.options.tracing,
            )
            # Atomic: if two threads get here, both use the cache of the first one.
            known = self._caches.setdefault(server, new)
        return known
