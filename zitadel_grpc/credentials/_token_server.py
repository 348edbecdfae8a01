"""TokenServer: where tokens come from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from zitadel_grpc import _proxies
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._options import ConnectionOptions, token_options
from zitadel_grpc.errors import ConfigurationError


@dataclass(frozen=True)
class TokenServer:
    """The server that issues tokens, and how to reach it."""

    issuer: str
    """The issuer URL, as the server writes it."""
    token_endpoint: str
    """The URL of the token endpoint."""
    host: str | None
    """The `Host` header and TLS server name, if they differ from the host in `token_endpoint`."""
    options: ConnectionOptions = field(repr=False)
    via: str = field(default="", compare=False)
    """The text for the proxy in error messages; empty if there is none."""


def resolve_token_server(endpoint: Endpoint, options: ConnectionOptions) -> TokenServer:
    """The token server of the ZITADEL instance at `endpoint`, or the one that `options` name.

    Raises ConfigurationError if a URL in `options` is not valid.
    """

    def parse(url: str, what: str) -> Endpoint:
        parsed = Endpoint.parse(url, allow_plaintext=options.allow_plaintext, what=what)
        parsed.warn_if_plaintext()
        return parsed

    dialled = known_as = endpoint
    path, host = "oauth/v2/token", None
    if options.issuer is not None:
        dialled = known_as = parse(options.issuer, "the issuer")
    elif options.authority is not None:
        # The authority is only a name. Whether plaintext is allowed was checked for the endpoint.
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
            raise ConfigurationError(
                "the path of the token endpoint contains whitespace or non-ASCII characters"
            )
        dialled, path, host = parse(found[1], "the token endpoint"), found[2], None
    proxy = _proxies.resolve(dialled, options)
    options = replace(token_options(options), proxy=proxy.url if proxy else "")
    return TokenServer(known_as.origin, f"{dialled.origin}/{path}", host, options, str(proxy or ""))
