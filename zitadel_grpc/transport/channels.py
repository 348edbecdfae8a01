"""Bare gRPC channels, without tokens: what the options mean to gRPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import trust
from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.options import ConnectionOptions, Retries
from zitadel_grpc.transport import forking
from zitadel_grpc.transport.retries import service_config


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
    retries: Retries = "none",
) -> grpc.aio.Channel:
    """A channel of the running event loop; `credentials` in place of what `channel_credentials` says."""
    forking.check_aio()
    credentials = credentials or channel_credentials(endpoint, options)
    arguments = _arguments(endpoint, options, retries)
    # A list, and looked up at each call, not imported by name: instrumentation replaces these functions, and
    # older versions of OpenTelemetry's add their interceptors to lists only.
    more: dict[str, Any] = {"compression": _compression(options), "interceptors": list(interceptors)}
    if credentials is None:
        channel = grpc.aio.insecure_channel(_dialled(endpoint), arguments, **more)
    else:
        channel = grpc.aio.secure_channel(_dialled(endpoint), credentials, arguments, **more)
    return forking.watch_aio(channel)


def open_sync(
    endpoint: Endpoint,
    options: ConnectionOptions,
    interceptors: Sequence[Any] = (),
    credentials: grpc.ChannelCredentials | None = None,
    retries: Retries = "none",
) -> grpc.Channel:
    """The synchronous twin."""
    credentials = credentials or channel_credentials(endpoint, options)
    arguments = _arguments(endpoint, options, retries)
    compression = _compression(options)
    if credentials is None:
        channel = grpc.insecure_channel(_dialled(endpoint), arguments, compression)
    else:
        channel = grpc.secure_channel(_dialled(endpoint), credentials, arguments, compression)
    return grpc.intercept_channel(channel, *interceptors) if interceptors else channel


def _dialled(endpoint: Endpoint) -> str:
    """The target with its scheme: without one, gRPC takes a host named `unix` or `xds` for a scheme."""
    return f"dns:///{endpoint.target}"


def _arguments(endpoint: Endpoint, options: ConnectionOptions, retries: Retries) -> list[tuple[str, Any]]:
    """gRPC's channel arguments, the user's own in place of ours of the same name: which of two counts, gRPC
    does not say."""
    ours: list[tuple[str, Any]] = [("grpc.max_receive_message_length", options.max_response_bytes)]
    if options.max_request_bytes is not None:
        ours.append(("grpc.max_send_message_length", options.max_request_bytes))
    if options.authority is not None:
        ours.append(("grpc.default_authority", options.authority))
    if options.proxy:
        ours.append(("grpc.http_proxy", options.proxy))
    elif options.proxy is not None or not endpoint.secure:
        # Plaintext: else a proxy named by the environment, for other uses, could read the tokens.
        ours.append(("grpc.enable_http_proxy", 0))
    if options.keepalive is not None:
        ours.append(("grpc.keepalive_time_ms", int(options.keepalive * 1000)))
    if config := service_config(retries):
        ours.append(("grpc.service_config", config))
    theirs = {name for name, _ in options.channel_options}
    return [*(pair for pair in ours if pair[0] not in theirs), *options.channel_options]


def _compression(options: ConnectionOptions) -> grpc.Compression | None:
    return None if options.compression is None else grpc.Compression[options.compression.capitalize()]
