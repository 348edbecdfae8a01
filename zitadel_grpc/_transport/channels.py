"""Creates gRPC channels without tokens, from ConnectionOptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import _trust
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._options import ConnectionOptions, Retries
from zitadel_grpc._transport import forking
from zitadel_grpc._transport.flow import service_config
from zitadel_grpc._version import USER_AGENT
from zitadel_grpc.credentials._workers import NO_FORK

_LOCAL_POOL = "grpc.use_local_subchannel_pool"


def channel_credentials(endpoint: Endpoint, options: ConnectionOptions) -> grpc.ChannelCredentials | None:
    """TLS with the trusted CAs; None for plaintext. Raises ConfigurationError for certificates that are not
    valid."""
    if not endpoint.secure:
        return None
    if options.root_certificates or options.certificate_chain:
        # Python reads them first and reports what is wrong; gRPC would only fail to connect. The system's CAs
        # are not checked: Python takes 100 ms to read them.
        _trust.ssl_context(options)
    return grpc.ssl_channel_credentials(
        _trust.root_certificates(options), options.private_key, options.certificate_chain
    )


def open_async(
    endpoint: Endpoint,
    options: ConnectionOptions,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
    credentials: grpc.ChannelCredentials | None = None,
    retries: Retries = "none",
) -> grpc.aio.Channel:
    """A channel for the running event loop. `credentials` replace those of `channel_credentials`."""
    forking.check_aio()
    credentials = credentials or channel_credentials(endpoint, options)
    arguments = _arguments(endpoint, options, retries)
    # The functions are looked up at each call, not imported by name, because instrumentation replaces them.
    # Interceptors are a list because older versions of OpenTelemetry's instrumentation append to it.
    more: dict[str, Any] = {
        "compression": _compression(options),
        "interceptors": _checked_async(interceptors),
    }
    if credentials is None:
        channel = grpc.aio.insecure_channel(_dialled(endpoint, options), arguments, **more)
    else:
        channel = grpc.aio.secure_channel(_dialled(endpoint, options), credentials, arguments, **more)
    return forking.watch_aio(channel)


def open_sync(
    endpoint: Endpoint,
    options: ConnectionOptions,
    interceptors: Sequence[Any] = (),
    credentials: grpc.ChannelCredentials | None = None,
    retries: Retries = "none",
) -> grpc.Channel:
    """As `open_async`, for synchronous calls."""
    credentials = credentials or channel_credentials(endpoint, options)
    arguments = _arguments(endpoint, options, retries)
    compression = _compression(options)
    with NO_FORK:  # gRPC imports modules here, and a forked child would inherit their locks
        if credentials is None:
            channel = grpc.insecure_channel(_dialled(endpoint, options), arguments, compression)
        else:
            channel = grpc.secure_channel(_dialled(endpoint, options), credentials, arguments, compression)
    if not interceptors:
        return channel
    # Imported here: few programs use interceptors.
    from zitadel_grpc._transport.interceptors import checked_sync

    return grpc.intercept_channel(channel, *checked_sync(interceptors))


def _checked_async(interceptors: Sequence[grpc.aio.ClientInterceptor]) -> list[grpc.aio.ClientInterceptor]:
    if not interceptors:
        return []
    # Imported here: few programs use interceptors.
    from zitadel_grpc._transport.interceptors import checked_async

    return checked_async(interceptors)


def _dialled(endpoint: Endpoint, options: ConnectionOptions) -> str:
    """The address that gRPC connects to: the target, or the proxy. It has a scheme, since gRPC would take a
    host named `unix` or `xds` for one."""
    if options.proxy and "grpc.http_proxy" not in dict(options.channel_options):
        return f"dns:///{_split(options.proxy)[1]}"
    return f"dns:///{endpoint.target}"


def _split(proxy: str) -> tuple[str, str]:
    """User info and address of a proxy URL that `parse_proxy_url` returned."""
    userinfo, _, address = proxy.removeprefix("http://").rpartition("@")
    return userinfo, address


def _through(proxy: str, endpoint: Endpoint) -> list[tuple[str, Any]]:
    """The arguments for CONNECT (RFC 9110 §9.3.6) to `endpoint` through the proxy."""
    arguments: list[tuple[str, Any]] = [("grpc.http_connect_server", endpoint.target)]
    userinfo, _ = _split(proxy)
    if userinfo:
        import base64  # imported here: few programs use a proxy with a password
        from urllib.parse import unquote_to_bytes

        basic = base64.b64encode(unquote_to_bytes(userinfo)).decode()
        arguments.append(("grpc.http_connect_headers", f"Proxy-Authorization:Basic {basic}"))
    return arguments


def _arguments(endpoint: Endpoint, options: ConnectionOptions, retries: Retries) -> list[tuple[str, Any]]:
    """gRPC's channel arguments. The user's `channel_options` replace ours of the same name: gRPC does not
    document which of two values it uses."""
    ours: list[tuple[str, Any]] = [
        ("grpc.max_receive_message_length", options.max_response_bytes),
        ("grpc.primary_user_agent", USER_AGENT),
    ]
    if options.user_agent_suffix is not None:
        ours.append(("grpc.secondary_user_agent", options.user_agent_suffix))
    if options.max_request_bytes is not None:
        ours.append(("grpc.max_send_message_length", options.max_request_bytes))
    authority = options.authority or (endpoint.target if options.proxy else None)
    if authority is not None:
        ours.append(("grpc.default_authority", authority))
    if "grpc.http_proxy" not in dict(options.channel_options):
        # gRPC must not look for a proxy in the environment: its rules differ from ours, and it applies them
        # even to a proxy set with `grpc.http_proxy`. So gRPC connects to the proxy as its target.
        ours.append(("grpc.enable_http_proxy", 0))
        if options.proxy:
            ours += _through(options.proxy, endpoint)
    if options.keepalive is not None:
        ours.append(("grpc.keepalive_time_ms", int(options.keepalive * 1000)))
    if config := service_config(retries):
        ours.append(("grpc.service_config", config))
    theirs = [pair for pair in options.channel_options if pair[0] != _LOCAL_POOL]
    names = {name for name, _ in theirs}
    # Each channel has its own connection, so that a new channel never gets a dead one (see `channel_pool`).
    # Otherwise plaintext channels would share connections.
    return [*(pair for pair in ours if pair[0] not in names), *theirs, (_LOCAL_POOL, 1)]


def _compression(options: ConnectionOptions) -> grpc.Compression | None:
    return None if options.compression is None else grpc.Compression[options.compression.capitalize()]
