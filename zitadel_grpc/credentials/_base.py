"""What every kind of credentials is: able to make a token for a token server, and to keep it in a cache."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import math
import re
import socket
import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zitadel_grpc import _proxies
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._errors.frames import made_without_locals
from zitadel_grpc._misplaced import is_number, shown_number
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc.errors import ConfigurationError

if TYPE_CHECKING:
    from zitadel_grpc.credentials._cache import TokenCache


_LONGEST_LIFE = 1e12  # seconds; what is added to a clock must stay a number


@made_without_locals
@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and its remaining life in seconds, None where it is not known."""

    value: str = field(repr=False)
    expires_in: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.value, str):
            raise ConfigurationError(f"the token must be a str, not a {type(self.value).__name__}")
        if not self.value or not all("!" <= c <= "~" for c in self.value):
            raise ConfigurationError("the token is empty, or has white space or characters that no token has")
        life = self.expires_in
        if life is not None and (not is_number(life) or not 0 < life <= _LONGEST_LIFE):
            raise ConfigurationError(
                f"expires_in must be a positive number of seconds or None, not {shown_number(life)}"
            )


@dataclass(frozen=True, slots=True)
class RefreshContext:
    """One attempt to obtain a token: until when (of `time.monotonic`), and started from which event loop."""

    deadline: float
    loop: asyncio.AbstractEventLoop | None = None
    loop_blocked: Future[None] = field(default_factory=Future, init=False, repr=False, compare=False)
    """Ends when a synchronous call on `loop` waits for this attempt, and keeps the loop from running."""
    _sockets: list[socket.socket] = field(default_factory=list, init=False, repr=False, compare=False)

    def remaining(self) -> float:
        """Seconds left, 0 at the least."""
        return max(0.0, self.deadline - time.monotonic())

    def uses(self, connection: socket.socket) -> None:
        """Has `connection` shut down when the attempt is given up."""
        self._sockets.append(connection)

    def abandon(self) -> None:
        """Ends what still waits on a socket: its timeouts hold for each read, and a server that sends a byte
        a second would never meet one."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own: that takes the TLS state from under the thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class TokenServer:
    """Who issues tokens: the issuer as it writes itself, its token endpoint, and how to reach it."""

    issuer: str
    token_endpoint: str
    host: str | None
    """`Host` header (and TLS name) where the server is known by another name than is dialled."""
    options: ConnectionOptions = field(repr=False)
    via: str = field(default="", compare=False)
    """The proxy on the way there, for errors."""

    @classmethod
    def of(cls, endpoint: Endpoint, options: ConnectionOptions) -> TokenServer:
        """The token server of a ZITADEL at `endpoint`, or the one that `options` name instead."""

        def parse(url: str, what: str) -> Endpoint:
            parsed = Endpoint.parse(url, allow_plaintext=options.allow_plaintext, what=what)
            parsed.warn_of_plaintext()
            return parsed

        dialled = known_as = endpoint
        path, host = "oauth/v2/token", None
        if options.issuer is not None:
            dialled = known_as = parse(options.issuer, "the issuer")
        elif options.authority is not None:
            # A name only: whether plaintext may be dialled, the endpoint has answered.
            name = f"{endpoint.scheme}://{options.authority}"
            known_as = Endpoint.parse(name, allow_plaintext=True, what="the authority")
            host = known_as.authority
        if options.token_endpoint is not None:
            found = re.fullmatch("((?:[^/]*://)?[^/]*)/?([!-~]*)", options.token_endpoint.strip())
            if "@" in options.token_endpoint:
                raise ConfigurationError(
                    "the token endpoint must not contain a username or password; pass credentials separately"
                )
            if found is None:
                raise ConfigurationError("the token endpoint has a path with white space or other alphabets")
            dialled, path, host = parse(found[1], "the token endpoint"), found[2], None
        proxy = _proxies.resolve(dialled, options)
        options = replace(options.of_tokens, proxy=proxy.url if proxy else "")
        return cls(known_as.origin, f"{dialled.origin}/{path}", host, options, str(proxy or ""))


class Credentials(abc.ABC):
    """Says how to obtain a token. One object may serve any number of clients, threads and event loops: for
    each token server it keeps one token, which they share."""

    def __init__(
        self, *, first: Token | None = None, renewable: bool = True, renew_after: float = math.inf
    ) -> None:
        """`first` is a token that is there already; `renewable` is False if no other will ever be;
        `renew_after` is when to ask anew, in seconds, at the latest."""
        self._first = first
        self._renewable = renewable
        self._renew_after = renew_after
        self._caches: dict[TokenServer, TokenCache] = {}

    @abc.abstractmethod
    def fetch_token(self, server: TokenServer, refresh: RefreshContext) -> Token:
        """Makes a new token; blocks, `refresh.remaining()` seconds at most. Called in a thread of the token
        cache's.

        Raises CredentialsError (refused for good) or TokenEndpointError (passing).
        """

    def cache_for(self, server: TokenServer) -> TokenCache:
        """The cache of this object's token for `server`."""
        from zitadel_grpc.credentials._cache import TokenCache

        if "_caches" not in vars(self):
            raise ConfigurationError(f"{type(self).__name__}.__init__ must call super().__init__()")
        known = self._caches.get(server)
        if known is None:
            new = TokenCache(
                lambda refresh: self.fetch_token(server, refresh),
                name=f"{self!r} at {server.issuer}",
                timeout=server.options.token_timeout,
                first=self._first,
                renewable=self._renewable,
                renew_after=self._renew_after,
                tracing=server.options.tracing,
            )
            known = self._caches.setdefault(server, new)  # atomic: of two threads the first one's stays
        return known
