"""The token as call credentials, for your own channels: gRPC's plugin."""

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
    """Attaches the token of `credentials` to each call of a secure channel to `url`, and to no other host's.

        calls = grpc.metadata_call_credentials(ZitadelAuthPlugin(url, credentials))
        grpc.composite_channel_credentials(grpc.ssl_channel_credentials(), calls)

    Compose it with the channel's credentials, as above: per call (`credentials=`), grpc.aio leaks an object
    each time (grpc issue 43193). It never blocks gRPC's thread. What it cannot obtain fails the call as
    UNAVAILABLE, with the cause in the details, since gRPC reports every plugin's errors so. It does not learn
    how a call ended: a token that the server refuses stays in use until its end, other than with AsyncClient
    and Client.

    Raises ConfigurationError for a URL or options that cannot work.
    """

    @without_locals
    def __init__(
        self, url: str, credentials: Credentials, *, options: ConnectionOptions | None = None
    ) -> None:
        self._serve(Target(url, credentials, ConnectionOptions() if options is None else options))

    @classmethod
    def _of(cls, target: Target) -> Self:
        """The plugin of a channel to `target`, with the target's own token."""
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
                f"this token is for {host}:{port}, not for {asked}: none was sent. If they are one server, "
                "give the name by which it is called as ConnectionOptions(authority=…)"
            )
            callback(None, error)  # type: ignore[arg-type]  # gRPC takes None beside an error, its types do not say so
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
    """Channel credentials with the plugin in them; plaintext as gRPC's local credentials. Raises
    ConfigurationError for plaintext to another machine."""
    transport = channel_credentials(target.endpoint, target.options)
    if transport is None:
        if not target.endpoint.loopback:
            raise ConfigurationError(
                f"{target.endpoint.origin} is plaintext: gRPC's plugins give tokens to TLS and loopback "
                "only, whatever allow_plaintext says"
            )
        transport = grpc.local_channel_credentials()
    # Not from `target.options`, in which the proxy is that of calls: the token endpoint's may be another.
    plugin = grpc.metadata_call_credentials(ZitadelAuthPlugin._of(target), name="zitadel")
    return grpc.composite_channel_credentials(transport, plugin)


def _host(url: str) -> tuple[str | None, int]:
    """Host and port; gRPC leaves 443 out of a service URL, and the scheme of local credentials is empty."""
    parts = urlsplit(url.removeprefix(":"))
    return parts.hostname, parts.port or 443
