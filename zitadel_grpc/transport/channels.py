"""Bare gRPC channels, without tokens: what the options mean to gRPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import trust
from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.options import ConnectionOptions


def channel_credentials(endpoint: Endpoint, options: ConnectionOptions) -> grpc.ChannelCredentials | None:
    """TLS with the trusted CAs; None for plaintext."""
    if not endpoint.secure:
        return None
    trust.ssl_context(
        options
    )  # says in plain words which certificate cannot be read; gRPC would only fail to connect
    return grpc.ssl_channel_credentials(
        trust.root_certificates(options), options.private_key, options.certificate_chain
    )


def channel_arguments(options: ConnectionOptions) -> list[tuple[str, Any]]:
    """gRPC's channel arguments, the user's own last: the last of a name counts."""
    ours: list[tuple[str, Any]] = []
    if options.authority is not None:
        ours.append(("grpc.default_authority", options.authority))
    return [*ours, *options.channel_options]


def open_async(
    endpoint: Endpoint, options: ConnectionOptions, interceptors: Sequence[grpc.aio.ClientInterceptor] = ()
) -> grpc.aio.Channel:
    """A channel of the running event loop."""
    credentials, arguments = channel_credentials(endpoint, options), channel_arguments(options)
    # Looked up at each call, not imported by name: instrumentation replaces these functions.
    if credentials is None:
        return grpc.aio.insecure_channel(endpoint.target, arguments, interceptors=interceptors)
    return grpc.aio.secure_channel(endpoint.target, credentials, arguments, interceptors=interceptors)


def open_sync(
    endpoint: Endpoint, options: ConnectionOptions, interceptors: Sequence[Any] = ()
) -> grpc.Channel:
    """The synchronous twin."""
    credentials, arguments = channel_credentials(endpoint, options), channel_arguments(options)
    if credentials is None:
        channel = grpc.insecure_channel(endpoint.target, arguments)
    else:
        channel = grpc.secure_channel(endpoint.target, credentials, arguments)
    return grpc.intercept_channel(channel, *interceptors) if interceptors else channel
