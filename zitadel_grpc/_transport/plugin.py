"""The token as gRPC call credentials, for your own channels."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Self
from urllib.parse import urlsplit

import grpc
import grpc.aio

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport.channels import channel_credentials
from zitadel_grpc._transport.metadata import AUTHORIZATION
from zitadel_grpc._transport.target import Target
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.errors import ConfigurationError, CredentialsError


class ZitadelAuthPlugin(grpc.AuthMetadataPlugin):
    """Attaches the token of `credentials` to each call of a secure channel to `url`, and never to calls to
    another host.

        calls = grpc.metadata_call_credentials(ZitadelAuthPlugin(url, credentials))
        grpc.composite_channel_credentials(grpc.ssl_channel_credentials(), calls)

    Compose it with the channel's credentials, as above. If it is passed per call instead (`credentials=`),
    grpc.aio leaks an object each time (grpc issue 43193).

    The plugin never blocks gRPC's thread. If it cannot obtain a token, the call fails with UNAVAILABLE and
    the cause in its details: gRPC reports the errors of every plugin that way. The plugin does not learn how
    a call ended. So a token that the server rejects stays in use until it expires; AsyncClient and Client
    replace it.

    Raises ConfigurationError for a URL or options that are not valid.
    """

    @without_locals
    def __init__(
        self, url: str, credentials: Credentials, *, options: ConnectionOptions | None = None
    ) -> None:
        self._serve(Target(url, credentials, ConnectionOptions() if options is None else options))

    @classmethod
    def _of(cls, target: Target) -> Self:
        """The plugin for a channel to `target`, with the token cache of `target`."""
        plugin = cls.__new__(cls)
        plugin._serve(target)
        return plugin

    def _serve(self, target: Target) -> None:
        self._cache = target.cache
        self._authority = _host(f"//{target.options.authority or target.endpoint.target}")

    def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        if _host(context.service_url) != self._authority:
            host, port = self._authority
            asked = urlsplit(context.service_url.removeprefix(":")).netloc
            error = CredentialsError(
                f"no token was sent to {asked}: the credentials are for {host}:{port}. If both are the same "
                "server, set ConnectionOptions(authority=…) to the name that the channel uses"
            )
            callback(None, error)  # type: ignore[arg-type]  # gRPC's types do not allow None, gRPC does
            return
        header = self._cache.authorization()
        if header is not None:
            callback(((AUTHORIZATION, header),), None)
            return

        def done(refresh: Future[str]) -> None:
            failure = refresh.exception()
            if failure is None:
                callback(((AUTHORIZATION, refresh.result()),), None)
            else:
                callback(None, failure)  # type: ignore[arg-type]

        self._cache.refresh().add_done_callback(done)


def composed_credentials(target: Target) -> grpc.ChannelCredentials:
    """Channel credentials that include the plugin. For plaintext they are gRPC's local credentials. Raises
    ConfigurationError for plaintext to another machine."""
    transport = channel_credentials(target.endpoint, target.options)
    if transport is None:
        if not target.endpoint.loopback:
            raise ConfigurationError(
                f"{target.endpoint.origin} is plaintext: gRPC's plugins send tokens over TLS and to "
                "loopback addresses only, even with allow_plaintext=True; use https"
            )
        transport = grpc.local_channel_credentials()
    # Not a plugin from `target.options`: their proxy is the one for calls, and the token endpoint may need
    # another one.
    plugin = grpc.metadata_call_credentials(ZitadelAuthPlugin._of(target), name="zitadel")
    return grpc.composite_channel_credentials(transport, plugin)


def _host(url: str) -> tuple[str | None, int]:
    """Host and port. gRPC omits port 443 in a service URL, and the scheme with local credentials."""
    parts = urlsplit(url.removeprefix(":"))
    return parts.hostname, parts.port or 443
