"""ConnectionOptions: how token requests and calls reach the server."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from zitadel_grpc import _option_checks as checks
from zitadel_grpc._errors.frames import init_without_locals

ChannelOption = tuple[str, str | int]
Compression = Literal["deflate", "gzip"]
Retries = Literal["none", "reads", "all"]

# What uses a field. Clients share a token if the fields that token requests use are equal.
_TOKENS: Mapping[str, str] = {"scope": "tokens"}
_CALLS: Mapping[str, str] = {"scope": "calls"}


@init_without_locals
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """How to connect to the server, for token requests and calls alike. Every field has a default.

    The fields are grouped: TLS, identity of the server, HTTP, limits, behaviour. Raises ConfigurationError if
    a value is not valid.
    """

    # --- TLS ---

    root_certificates: bytes | None = field(default=None, repr=False, metadata=_TOKENS)
    """The CAs to trust, PEM. None: the file that `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` or `SSL_CERT_FILE` names,
    else the system's bundle, else the list that grpcio includes."""

    certificate_chain: bytes | None = field(default=None, repr=False, metadata=_TOKENS)
    """The client certificate and its intermediates, PEM, if the server or a proxy asks for one."""

    private_key: bytes | None = field(default=None, repr=False, metadata=_TOKENS)
    """The private key of `certificate_chain`, PEM."""

    allow_plaintext: bool = field(default=False, metadata=_CALLS)
    """Allows `http://` to hosts other than loopback, for service meshes that encrypt the traffic."""

    # --- Identity of the server ---

    authority: str | None = field(default=None, metadata=_TOKENS)
    """The server's own `host[:port]`, if it differs from the URL's: sent as `:authority` and `Host`, and
    checked against the server's certificate."""

    issuer: str | None = field(default=None, metadata=_TOKENS)
    """The URL of the ZITADEL instance that issues the tokens, if it differs from the client's URL. Set it to
    call your own services."""

    token_endpoint: str | None = field(default=None, metadata=_TOKENS)
    """The URL of the token endpoint, if it is not `{issuer}/oauth/v2/token`."""

    instance_host: str | None = field(default=None, metadata=_TOKENS)
    """The `host[:port]` of the ZITADEL instance, if a gateway uses another name: sent as
    `x-zitadel-instance-host`."""

    public_host: str | None = field(default=None, metadata=_TOKENS)
    """The `host[:port]` under which users reach the instance, if it differs: sent as
    `x-zitadel-public-host`."""

    # --- HTTP ---

    headers: Mapping[str, str] | Sequence[tuple[str, str]] = field(default=(), repr=False, metadata=_TOKENS)
    """Extra headers for every token request and call, for gateways such as IAP (`proxy-authorization`)."""

    user_agent_suffix: str | None = field(default=None, metadata=_TOKENS)
    """Added to the `user-agent` header of every token request and every call, such as `my-service/1.2`."""

    proxy: str | None = field(default=None, repr=False, metadata=_TOKENS)
    """`http://[user:password@]host:port` of a proxy. None: the proxy that the environment names
    (`HTTPS_PROXY`, `NO_PROXY` and others, by curl's rules). Empty: no proxy. Plaintext connections use a
    proxy only if this field names one."""

    compression: Compression | None = field(default=None, metadata=_CALLS)
    """Compresses requests, if the server supports it. Responses may always be compressed."""

    keepalive: float | None = field(default=None, metadata=_CALLS)
    """Seconds without traffic, 10 or more, after which gRPC pings the server while calls wait for a response.
    None: never. Servers close connections that ping too often. ZITADEL, like Go servers by default, allows
    one ping every 5 minutes."""

    # --- Limits ---

    token_timeout: float = field(default=10.0, metadata=_TOKENS)
    """Seconds that obtaining a token may take, including retries."""

    max_request_bytes: int | None = field(default=None, metadata=_CALLS)
    """The largest request to send. None: no limit in the client. ZITADEL accepts up to 4 MiB."""

    max_response_bytes: int = field(default=32 * 1024 * 1024, metadata=_CALLS)
    """The largest response to accept."""

    # --- Behaviour ---

    retries: Retries = field(default="reads", metadata=_CALLS)
    """Which calls AsyncClient and Client retry when the server cannot be reached (UNAVAILABLE) or asks for a
    later retry (RESOURCE_EXHAUSTED); up to three times, within the call's deadline. `"reads"`: calls that
    change nothing (`catalog.Rpc.reads`). `"all"`: writes too, which may then be executed twice. After 50
    failures with few successes in between, gRPC stops retrying UNAVAILABLE until more calls succeed."""

    tracing: bool = field(default=True, compare=False, metadata=_TOKENS)
    """Whether calls and token refreshes create OpenTelemetry spans, if the program has set a tracer provider.
    Ignored by `==`: clients that differ only in this option share a token, and the first one decides whether
    its refreshes create spans."""

    warn_deprecated: bool = field(default=False, metadata=_CALLS)
    """Whether AsyncClient and Client emit a DeprecationWarning that names the successor when a deprecated RPC
    is called, once per RPC and process."""

    channel_options: Sequence[ChannelOption] = field(default=(), repr=False, metadata=_CALLS)
    """gRPC channel arguments, passed on unchanged. They override those that this package sets."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", checks.headers(self.headers))
        object.__setattr__(self, "channel_options", checks.channel_options(self.channel_options))
        for name in ("allow_plaintext", "tracing", "warn_deprecated"):
            checks.check_bool(name, getattr(self, name))
        for name in ("root_certificates", "certificate_chain", "private_key"):
            checks.check_pem(name, getattr(self, name))
        checks.check_together(certificate_chain=self.certificate_chain, private_key=self.private_key)
        for name in ("authority", "issuer", "token_endpoint"):
            checks.check_address(name, getattr(self, name))
        for name in ("instance_host", "public_host"):
            checks.check_host(name, getattr(self, name))
        checks.check_proxy(self.proxy)
        checks.check_user_agent(self.user_agent_suffix)
        checks.check_token_timeout(self.token_timeout)
        checks.check_keepalive(self.keepalive)
        if self.max_request_bytes is not None:
            checks.check_message_size("max_request_bytes", self.max_request_bytes)
        checks.check_message_size("max_response_bytes", self.max_response_bytes)
        if self.compression is not None:
            checks.check_choice("compression", self.compression, (*get_args(Compression), None))
        check_retries(self.retries)


def token_options(options: ConnectionOptions) -> ConnectionOptions:
    """`options` with the fields that only calls use reset, so that clients that differ only in those share a
    token."""
    fields = dataclasses.fields(options)
    defaults = {field.name: field.default for field in fields if field.metadata["scope"] == "calls"}
    return dataclasses.replace(options, **defaults)  # type: ignore[arg-type]


def header_pairs(options: ConnectionOptions) -> tuple[tuple[str, str], ...]:
    """`headers` as pairs with lower-case names, plus those of `instance_host` and `public_host`."""
    hosts = {"x-zitadel-instance-host": options.instance_host, "x-zitadel-public-host": options.public_host}
    named = {name: host for name, host in hosts.items() if host is not None}
    pairs: tuple[tuple[str, str], ...] = tuple(options.headers)  # type: ignore[arg-type]  # by __post_init__
    return (*(pair for pair in pairs if pair[0] not in named), *named.items())


def check_retries(retries: object) -> None:
    """Raises ConfigurationError."""
    checks.check_choice("retries", retries, get_args(Retries))
