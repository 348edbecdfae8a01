"""The address of a server: a URL, checked once and split into the parts that gRPC and HTTP need."""

from __future__ import annotations

import functools
import re
import warnings
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from zitadel_grpc._misplaced import has_secret_shape, trimmed
from zitadel_grpc.errors import ConfigurationError, PlaintextWarning

_DEFAULT_PORTS = {"https": 443, "http": 80}
_EXAMPLE = "https://my-instance.zitadel.cloud"
_LABEL = r"[a-z0-9_-]{1,63}"


class Endpoint(NamedTuple):
    """Scheme, host (IPv6 without brackets) and port of a server."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str, *, allow_plaintext: bool = False, what: str = "the URL") -> Endpoint:
        """Reads `https://host`, `https://host:port` or `host` (https, 443), each with or without a trailing
        slash.

        Raises ConfigurationError for anything else, and for `http` to a host other than loopback unless
        `allow_plaintext` is true. The error calls the URL `what`, and quotes no part that may be a secret.
        """
        if not isinstance(url, str):
            raise ConfigurationError(f"{what} must be a str, not {type(url).__name__}")
        url = trimmed(url)
        if not url:
            raise ConfigurationError(f"{what} is empty; use a URL like {_EXAMPLE}")
        if "@" in url:  # not quoted: a password may contain any of /?#, and so look like a path
            raise ConfigurationError(
                f"{what} must not contain a username or password; pass credentials separately"
            )
        parts, port = _split(url, what)
        if is_secret_address(url):
            raise ConfigurationError(f"{what} looks like a token or a key; use a URL like {_EXAMPLE}")
        host = parts.hostname or ""
        if host in _DEFAULT_PORTS:
            raise ConfigurationError(f"{what} has a typo after the scheme; use {host}://host")
        if not is_host(host):  # host and path are not quoted: each may be a token or a password
            raise ConfigurationError(
                f"{what} has no valid host name; use https://host or https://host:port"
                + ("" if url.isascii() else ", with non-ASCII names in their xn-- form")
            )
        shown = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme not in _DEFAULT_PORTS:
            raise ConfigurationError(f"{what} {shown} has the unsupported scheme {parts.scheme!r}; use https")
        if parts.path.strip("/") or parts.query or parts.fragment:
            rest = "path" if parts.path.strip("/") else "query or fragment"
            raise ConfigurationError(f"{what} must not have a {rest}; pass {shown}")
        endpoint = cls(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme])
        if not endpoint.secure and not endpoint.loopback and not allow_plaintext:
            raise ConfigurationError(
                f"{what} {shown} is plaintext, so others on the network could read tokens; use https, or "
                "ConnectionOptions(allow_plaintext=True) if a service mesh encrypts the traffic"
            )
        return endpoint

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    def warn_if_plaintext(self) -> None:
        """Warns, once per server, if others on the network can read what is sent to it."""
        if not self.secure and not self.loopback:
            _warn_once(self.origin)

    @property
    def loopback(self) -> bool:
        """True for `localhost`, its subdomains (RFC 6761 §6.3) and the loopback addresses."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        import ipaddress  # imported here: few hosts are addresses

        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def authority(self) -> str:
        """`host` or `host:port`, the port only if it is not the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL in the form that ZITADEL uses as issuer: without a trailing slash or default port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def target(self) -> str:
        """The address for gRPC, which always includes the port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@functools.cache
def _warn_once(origin: str) -> None:
    warnings.warn(
        f"tokens are sent to {origin} in plaintext (allow_plaintext=True), readable by others on the network",
        PlaintextWarning,
        stacklevel=1,
    )


def is_host(host: str) -> bool:
    """Whether `host` is an IP address or a valid host name (RFC 1123 §2.1, and underscores, which containers
    use)."""
    if ":" not in host:
        labels = host.removesuffix(".").split(".")
        return len(host) <= 253 and all(re.fullmatch(_LABEL, label) for label in labels)
    import ipaddress  # imported here: few hosts are addresses

    try:
        return "%" not in str(ipaddress.IPv6Address(host))
    except ValueError:
        return False


def is_secret_address(address: str) -> bool:
    """Whether `address` looks like a key or a token. A leading "[" starts an IPv6 address, not JSON."""
    return not address.startswith("[") and has_secret_shape(address)


def _split(url: str, what: str) -> tuple[SplitResult, int | None]:
    parts, port = None, None
    try:
        if url.isprintable():  # urlsplit drops line breaks and tabs silently
            parts = urlsplit(url if "://" in url else f"https://{url}")
            port = parts.port
    except ValueError:
        parts = None
    # Raised outside of `except`, so that the ValueError is not its context: its text may contain a password.
    if parts is None or port == 0:
        raise ConfigurationError(f"{what} has an invalid host or port (ports are 1 to 65535)")
    return parts, port
