"""ConnectionOptions: how to reach the server, one object for both ways out (token HTTP and gRPC)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from zitadel_grpc._errors.frames import made_without_locals
from zitadel_grpc._misplaced import has_secret_shape, is_encodable, is_number, shown_number, trimmed
from zitadel_grpc._proxy_url import parse_proxy_url
from zitadel_grpc.errors import ConfigurationError

ChannelOption = tuple[str, str | int]
Compression = Literal["deflate", "gzip"]
Retries = Literal["none", "reads", "all"]

_LONGEST_TIMEOUT = 3600.0  # seconds
_SHORTEST_KEEPALIVE = 10.0  # seconds; gRPC makes of less the same
_LONGEST_KEEPALIVE = 86400.0  # seconds
_LARGEST_MESSAGE = 2**31 - 1  # bytes; as gRPC counts them
# Set by this package, or by HTTP itself.
_NOT_TO_SET = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "te", "transfer-encoding"}
)


@made_without_locals
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """How to connect; every field has a default that serves. Raises ConfigurationError."""

    root_certificates: bytes | None = field(default=None, repr=False)
    """The CAs to trust, PEM. None: `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` or `SSL_CERT_FILE` if set, else the
    system's bundle, else the list that grpcio brings; the same for tokens and calls."""

    certificate_chain: bytes | None = field(default=None, repr=False)
    """The client's certificate and its intermediates, PEM, where the server (or a proxy) asks for one."""

    private_key: bytes | None = field(default=None, repr=False)
    """The key of `certificate_chain`, PEM."""

    headers: Mapping[str, str] | Sequence[tuple[str, str]] = field(default=(), repr=False)
    """Sent with every token request and every call: what a gateway asks for, such as IAP's
    `proxy-authorization`."""

    instance_host: str | None = None
    """The `host[:port]` of the instance that is meant, where a gateway calls ZITADEL by another name: sent as
    `x-zitadel-instance-host`."""

    public_host: str | None = None
    """The `host[:port]` under which users reach the instance, where that is another one: sent as
    `x-zitadel-public-host`."""

    authority: str | None = None
    """The `host[:port]` by which the server knows itself, if it is not that of the URL: sent as `:authority`
    and `Host`, and checked against the server's certificate."""

    issuer: str | None = None
    """Who issues the tokens, if it is not the URL itself: for one's own services, ZITADEL's URL."""

    token_endpoint: str | None = None
    """URL of the token endpoint, if it is not `{issuer}/oauth/v2/token`."""

    allow_plaintext: bool = False
    """Allows `http://` to hosts other than loopback, for meshes that encrypt outside the process."""

    token_timeout: float = 10.0
    """Seconds that obtaining a token may take, its retries included."""

    proxy: str | None = field(default=None, repr=False)
    """`http://[user:password@]host:port` of a proxy for token requests and calls. None: the environment's
    (`HTTPS_PROXY`, `NO_PROXY` and others, by curl's rules); empty: none. Plaintext goes through a proxy only
    if one is named here."""

    retries: Retries = "reads"
    """Which calls of AsyncClient and Client are sent again, up to three times and within their deadline, when
    the server cannot be reached (UNAVAILABLE) or says when to come again (RESOURCE_EXHAUSTED): `"reads"` are
    those that change nothing (`catalog.Rpc.reads`); `"all"` may do a thing twice. Of more than 50 such
    failures without enough successes between them none is sent again."""

    keepalive: float | None = None
    """Seconds without traffic after which, while calls wait for answers, gRPC asks whether the connection
    still stands, 10 or more; None: never. Servers end connections that ask too often: ZITADEL's, as Go's by
    default, those that ask more often than each 5 min."""

    max_request_bytes: int | None = None
    """The largest request to send; None: no limit here. ZITADEL takes 4 MiB."""

    max_response_bytes: int = 32 * 1024 * 1024
    """The largest answer to take."""

    compression: Compression | None = None
    """Of requests, if the server can read it; answers are read in any."""

    channel_options: Sequence[ChannelOption] = field(default=(), repr=False)
    """Passed to the gRPC channel as they are, over this package's own."""

    tracing: bool = field(default=True, compare=False)
    """Whether calls and token refreshes make OpenTelemetry spans, if the program has set a tracer provider.
    Not compared: clients that differ in this share their token, and the first of them decides for its
    refreshes."""

    def __post_init__(self) -> None:
        self._check_types()
        headers = tuple(
            (name.lower(), value)
            for name, value in _pairs_of(self.headers, object, "headers", "a mapping or a sequence")
        )
        object.__setattr__(self, "channel_options", _channel_options(self.channel_options))
        for name, value in headers:
            # What both HTTP/1.1 and gRPC take; `-bin` is gRPC's mark for bytes. Not quoted: name and value
            # may have changed places.
            if not re.fullmatch(r"[0-9a-z_.-]+", name) or name.endswith("-bin"):
                raise ConfigurationError(
                    "headers: a name is not valid: use letters, digits, '-', '_' and '.', and not '-bin' last"
                )
            if name in _NOT_TO_SET or name.startswith("grpc-"):
                raise ConfigurationError(
                    f"headers: {name!r} cannot be set here (tokens come from credentials, the host from "
                    "`authority`)"
                )
            if not isinstance(value, str) or not re.fullmatch(r"([!-~]([ -~]*[!-~])?)?", value):
                raise ConfigurationError(
                    f"headers: the value of {name!r} must be printable ASCII text, without spaces around it"
                )
        object.__setattr__(self, "headers", headers)
        for field_name in ("root_certificates", "certificate_chain", "private_key"):
            pem = getattr(self, field_name)
            if pem is not None and (not isinstance(pem, bytes) or not pem.strip()):
                raise ConfigurationError(
                    f"{field_name} must be PEM bytes, as Path(…).read_bytes() gives them"
                )
        if (self.certificate_chain is None) != (self.private_key is None):
            raise ConfigurationError(
                "certificate_chain and private_key only work together: one of them is missing"
            )
        seconds = self.token_timeout
        if not is_number(seconds) or not 0 < seconds <= _LONGEST_TIMEOUT:
            raise ConfigurationError(
                f"token_timeout must be seconds, above 0 and up to {_LONGEST_TIMEOUT:g}, "
                f"not {shown_number(seconds)}"
            )
        self._check_calls()

    def _check_types(self) -> None:
        """A wrong type must not pass for a choice: the text "false" would be true."""
        for name in ("allow_plaintext", "tracing"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(
                    f"{name} must be True or False, not {type(getattr(self, name)).__name__}"
                )
        for name in ("authority", "issuer", "token_endpoint", "proxy"):
            if not isinstance(getattr(self, name), str | None):
                raise ConfigurationError(
                    f"{name} must be a str or None, not {type(getattr(self, name)).__name__}"
                )
            given = trimmed(getattr(self, name) or "") if name != "proxy" else ""  # which no repr shows
            if not given.startswith("[") and has_secret_shape(given):  # "[" begins an IPv6 address, too
                raise ConfigurationError(f"{name} looks like a token or a key, which does not belong there")

    def _check_calls(self) -> None:
        for name in ("instance_host", "public_host"):
            host = getattr(self, name)
            if host is not None and not (
                isinstance(host, str) and re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", host)
            ):
                raise ConfigurationError(f"{name} must be a host name, with its port if need be")
        check_retries(self.retries)
        idle = self.keepalive
        if idle is not None and (
            not is_number(idle) or not _SHORTEST_KEEPALIVE <= idle <= _LONGEST_KEEPALIVE
        ):
            raise ConfigurationError(
                f"keepalive must be None or seconds, {_SHORTEST_KEEPALIVE:g} to {_LONGEST_KEEPALIVE:g}, "
                f"not {shown_number(idle)}"
            )
        for name in ("max_request_bytes", "max_response_bytes"):
            limit = getattr(self, name)
            if limit is None and name == "max_request_bytes":
                continue
            if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= _LARGEST_MESSAGE:
                raise ConfigurationError(
                    f"{name} must be bytes, 1 to {_LARGEST_MESSAGE}, not {shown_number(limit)}"
                )
        if self.compression not in (None, *get_args(Compression)):
            raise ConfigurationError('compression must be "gzip", "deflate" or None')
        if self.proxy:
            parse_proxy_url(self.proxy, "proxy")

    @property
    def of_tokens(self) -> ConnectionOptions:
        """What of this matters to token requests: the rest must not split the cache of a token."""
        return dataclasses.replace(
            self,
            **{
                field.name: field.default
                for field in dataclasses.fields(self)
                if field.name in _OF_CALLS_ONLY
            },  # type: ignore[arg-type]
        )

    @property
    def header_pairs(self) -> tuple[tuple[str, str], ...]:
        """`headers` as pairs with lower-case names, and those that name the hosts."""
        hosts = {"x-zitadel-instance-host": self.instance_host, "x-zitadel-public-host": self.public_host}
        named = {name: host for name, host in hosts.items() if host is not None}
        return (*(pair for pair in self._pairs if pair[0] not in named), *named.items())

    @property
    def _pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.headers)  # type: ignore[arg-type]  # made a tuple of pairs above


_OF_CALLS_ONLY = frozenset(
    {
        "allow_plaintext",
        "channel_options",
        "compression",
        "keepalive",
        "max_request_bytes",
        "max_response_bytes",
        "retries",
    }
)


def check_retries(retries: object) -> None:
    """Raises ConfigurationError."""
    if retries not in get_args(Retries):
        raise ConfigurationError('retries must be "none", "reads" or "all"')


def _pairs_of(given: object, values: Any, name: str, form: str) -> tuple[tuple[str, Any], ...]:
    """What was given, read once: an iterator would be empty the second time."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise ConfigurationError(f"{name} must be {form} of (name, value) pairs")
    pairs = tuple(given.items() if isinstance(given, Mapping) else given)
    for pair in pairs:
        if not (
            isinstance(pair, tuple | list)
            and len(pair) == 2
            and isinstance(pair[0], str)
            and isinstance(pair[1], values)
        ):
            raise ConfigurationError(f"{name} must be {form} of (name, value) pairs")
    return tuple((key, value) for key, value in pairs)


def _channel_options(given: object) -> tuple[tuple[str, Any], ...]:
    """Checked here: gRPC raises errors of its own for them, at the first call, with the text in them."""
    pairs = _pairs_of(given, str | int | bytes, "channel_options", "a sequence")
    for name, value in pairs:
        if not all(is_encodable(text) for text in (name, value) if isinstance(text, str)):
            raise ConfigurationError("channel_options: a name or value is not text that UTF-8 can encode")
        if isinstance(value, int) and not -_LARGEST_MESSAGE <= value <= _LARGEST_MESSAGE:
            raise ConfigurationError(f"channel_options: a number must be within ±{_LARGEST_MESSAGE}")
    return pairs
