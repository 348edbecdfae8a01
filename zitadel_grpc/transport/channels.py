"""Bare gRPC channels, without tokens: what the options mean to gRPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import trust
from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.options import ConnectionOptions
from zitadel_grpc.transport import forking


def channel_credentials(endpoint: Endpoint, options: ConnectionOptions) -> grpc.ChannelCredentials | None:
    """TLS with the trusted CAs; None for plaintext. Raises ConfigurationError for certificates that cannot be
    read."""
    if not endpoint.secure:
        return None
    if options.root_certificates or options.certificate_chain:
        # Read by Python first, which says in plain words what is wrong: gRPC would only fail to connect. Not
        # the system's own CAs: reading those takes Python 100 ms.
        trust.ssl_context(options)
    return grpc.ssl_channel_credentials(
        trust.root_certificates(options), options.private_key, options.certificate_chain
    )


def open_async(
    endpoint: Endpoint,
    options: ConnectionOptions,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
    credentials: grpc.ChannelCredentials | None = None,
) -> grpc.aio.Channel:
    """A channel of the running event loop; `credentials` in place of what `channel_credentials` says."""
    forking.check_aio()
    credentials = credentials or channel_credentials(endpoint, options)
    # Looked up at each call, not imported by name: instrumentation replaces these functions.
    if credentials is None:
        channel = grpc.aio.insecure_channel(endpoint.target, _arguments(options), interceptors=interceptors)
    else:
        channel = grpc.aio.secure_channel(
            endpoint.target, credentials, _arguments(options), interceptors=interceptors
        )
    return forking.watch_aio(channel)


def open_sync(
    endpoint: Endpoint,
    options: ConnectionOptions,
    interceptors: Sequence[Any] = (),
    credentials: grpc.ChannelCredentials | None = None,
) -> grpc.Channel:
    """The synchronous twin."""
    credentials = credentials or channel_credentials(endpoint, options)
    if credentials is None:
        channel = grpc.insecure_channel(endpoint.target, _arguments(options))
    else:
        channel = grpc.secure_channel(endpoint.target, credentials, _arguments(options))
    return grpc.intercept_channel(channel, *interceptors) if interceptors else channel


def _arguments(options: ConnectionOptions) -> list[tuple[str, Any]]:
    """gRPC's channel arguments, the user's own last: the last of a name counts."""
    ours: list[tuple[str, Any]] = []
    if options.authority is not None:
        ours.append(("grpc.default_authority", options.authority))
    return [*ours, *options.channel_options]
