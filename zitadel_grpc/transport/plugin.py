"""The token as call credentials, for channels of one's own: gRPC's plugin, and a channel that has it."""

from __future__ import annotations

from concurrent.futures import Future
from urllib.parse import urlsplit

import grpc
import grpc.aio

from zitadel_grpc.credentials import Credentials
from zitadel_grpc.credentials.base import TokenServer
from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.errors import CredentialsError
from zitadel_grpc.options import ConnectionOptions
from zitadel_grpc.transport.channels import channel_arguments, channel_credentials
from zitadel_grpc.transport.metadata import AUTHORIZATION


class ZitadelAuthPlugin(grpc.AuthMetadataPlugin):
    """Attaches the token of `credentials` to each call of a secure channel to `url`, and to no other host's.

        grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(), grpc.metadata_call_credentials(ZitadelAuthPlugin(url, credentials))
        )

    Compose it with the channel's credentials, as above: per call (`credentials=`), grpc.aio leaks an object each time
    (grpc issue 43193). It never blocks gRPC's thread. What it cannot obtain fails the call as UNAVAILABLE, with the
    cause in the details, since gRPC reports every plugin's errors so. Raises ConfigurationError for a URL or options
    that cannot work.
    """

    def __init__(
        self, url: str, credentials: Credentials, *, options: ConnectionOptions | None = None
    ) -> None:
        options = options or ConnectionOptions()
        endpoint = Endpoint.parse(url, allow_plaintext=options.allow_plaintext)
        self._cache = credentials.cache_for(TokenServer.of(endpoint, options))
        self._authority = _host(f"//{options.authority or endpoint.target}")

    def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        if _host(context.service_url) != self._authority:
            asked = urlsplit(context.service_url).netloc
            error = CredentialsError(
                f"this token is for {self._authority[0]}, not for {asked}: none was sent"
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


def secure_channel(
    url: str, credentials: Credentials, *, options: ConnectionOptions | None = None
) -> grpc.aio.Channel:
    """A `grpc.aio` channel to `url` whose calls carry the token of `credentials`, for stubs of one's own.

    For a service of one's own, name ZITADEL by `ConnectionOptions(issuer=…)` and the service's project by
    `project_ids=` of the credentials. Plaintext works to loopback only, since gRPC gives call credentials to no other
    plaintext channel. Raises ConfigurationError.
    """
    options = options or ConnectionOptions()
    endpoint = Endpoint.parse(url)
    return grpc.aio.secure_channel(
        endpoint.target, composed_credentials(endpoint, credentials, options), channel_arguments(options)
    )


def composed_credentials(
    endpoint: Endpoint, credentials: Credentials, options: ConnectionOptions
) -> grpc.ChannelCredentials:
    """Channel credentials with the plugin in them; plaintext as gRPC's local credentials (loopback only)."""
    transport = channel_credentials(endpoint, options) or grpc.local_channel_credentials()
    plugin = ZitadelAuthPlugin(endpoint.origin, credentials, options=options)
    return grpc.composite_channel_credentials(
        transport, grpc.metadata_call_credentials(plugin, name="zitadel")
    )


def _host(url: str) -> tuple[str | None, int]:
    """Host and port; gRPC leaves 443 out of a service URL, and the scheme of local credentials is empty."""
    parts = urlsplit(url.removeprefix(":"))
    return parts.hostname, parts.port or 443
