"""The server that a client calls, and the credentials that it uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zitadel_grpc import _proxies, _tracing
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport.arguments import check_timeout
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.credentials._token_server import resolve_token_server
from zitadel_grpc.errors import ConfigurationError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import CallSpan


class Target:
    """A server and the credentials for it. `timeout` is the default timeout of a call in seconds. With
    `validate`, requests are checked against the protobufs' rules before they are sent."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        options: ConnectionOptions,
        timeout: float = 30.0,
        *,
        validate: bool = False,
    ) -> None:
        if not isinstance(credentials, Credentials):
            raise ConfigurationError(
                f"credentials must be a Credentials object (JwtProfile, …), not {type(credentials).__name__}"
            )
        if not isinstance(options, ConnectionOptions):
            raise ConfigurationError(f"options must be ConnectionOptions, not {type(options).__name__}")
        if not isinstance(validate, bool):
            raise ConfigurationError(f"validate must be True or False, not {type(validate).__name__}")
        check_timeout(timeout)
        self.endpoint = Endpoint.parse(url, allow_plaintext=options.allow_plaintext)
        self.endpoint.warn_if_plaintext()
        self.credentials = credentials
        self.proxy = _proxies.resolve(self.endpoint, options)
        # Resolved once: a later change of the environment must not reroute calls.
        self.options = replace(options, proxy=self.proxy.url if self.proxy else "")
        self.timeout = timeout
        self.validate = validate
        self.cache = credentials._cache_for(resolve_token_server(self.endpoint, options))
        self._server: dict[str, str | int] = {
            "server.address": self.endpoint.host,
            "server.port": self.endpoint.port,
        }

    def start_span(self, rpc: str) -> CallSpan | None:
        """The span of a call that starts now; None if the program does not trace."""
        return _tracing.start_call(rpc, self._server) if self.options.tracing else None
