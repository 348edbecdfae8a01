"""ConnectionOptions: how to reach the server, one object for both ways out (token HTTP and gRPC)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zitadel_grpc.errors import ConfigurationError

ChannelOption = tuple[str, str | int]
_LONGEST_TIMEOUT = 3600.0  # seconds
# Set by this package, or by HTTP itself.
_NOT_TO_SET = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "te", "transfer-encoding"}
)


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
    """Sent with every token request and every call: `x-zitadel-instance-host`, or what a gateway asks for."""

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

    channel_options: Sequence[ChannelOption] = ()
    """Passed to the gRPC channel as they are, over this package's own."""

    def __post_init__(self) -> None:
        pairs = self.headers.items() if isinstance(self.headers, Mapping) else self.headers
        headers = tuple((str(name).lower(), value) for name, value in pairs)
        for name, value in headers:
            # What both HTTP/1.1 and gRPC take; `-bin` is gRPC's mark for bytes.
            if not re.fullmatch(r"[0-9a-z_.-]+", name) or name.endswith("-bin"):
                raise ConfigurationError(f"headers: {name!r} is no name of a text header")
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
        object.__setattr__(self, "channel_options", tuple(self.channel_options))
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
        if not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST_TIMEOUT:
            raise ConfigurationError(
                f"token_timeout must be seconds, above 0 and up to {_LONGEST_TIMEOUT:g}, not {seconds!r}"
            )

    @property
    def header_pairs(self) -> tuple[tuple[str, str], ...]:
        """`headers` as pairs with lower-case names."""
        return tuple(self.headers)  # type: ignore[arg-type]  # made a tuple of pairs above
