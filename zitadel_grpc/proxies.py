"""Which HTTP proxy leads to a server: one answer for token requests and for calls.

The HTTP library and gRPC read the environment by different rules, so neither does: the proxy is found here,
by curl's rules, and given to both. `https_proxy` comes before `HTTPS_PROXY`, then `all_proxy` and
`ALL_PROXY`; the first that is set decides, and an empty one means none. `no_proxy` or `NO_PROXY` lists hosts
that are reached without: `example.com` with its subdomains, `example.com:8443` at that port only, addresses
and networks (`10.0.0.0/8`), `*` for all. gRPC's own `grpc_proxy` and `no_grpc_proxy` come before all of
these, for both.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.errors import ConfigurationError
from zitadel_grpc.options import ConnectionOptions

_PROXIES = ("grpc_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_EXCEPTIONS = ("no_grpc_proxy", "no_proxy", "NO_PROXY")
_DEFAULT_PORT = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `url` is `http://[user:password@]host:port`, `source` the option or variable that names
    it. `str()` is for errors."""

    url: str = field(repr=False)
    source: str

    def __str__(self) -> str:
        return f"the proxy http://{self.url.rpartition('@')[2].removeprefix('http://')} ({self.source})"


def resolve(endpoint: Endpoint, options: ConnectionOptions) -> Proxy | None:
    """The proxy on the way to `endpoint`. Plaintext goes by one only if `options` name it: nobody chose the
    environment's to read tokens.

    Raises ConfigurationError that names the variable, for a proxy that gRPC cannot use.
    """
    if options.proxy is not None:
        return Proxy(options.proxy, "ConnectionOptions.proxy") if options.proxy else None
    if not endpoint.secure:
        return None
    variable = next((name for name in _PROXIES if name in os.environ), None)
    if variable is None or not os.environ[variable].strip() or _is_excepted(endpoint, os.environ):
        return None
    return Proxy(_url(os.environ[variable].strip(), variable), variable)


def _url(value: str, variable: str) -> str:
    scheme, separator, rest = value.rpartition("://")
    if separator and scheme.lower() != "http":
        known = scheme.lower() if re.fullmatch(r"[a-z0-9+.-]{1,20}", scheme.lower()) else "unknown"
        raise ConfigurationError(
            f"{variable} names a proxy of the scheme {known}, and gRPC can use HTTP proxies only: set it to "
            "http://host:port, list the host in NO_PROXY, or set ConnectionOptions(proxy=…)"
        )
    userinfo, at, place = rest.rstrip("/").rpartition("@")
    host, port = None, None
    try:
        parts = urlsplit(f"//{place}")
        host, port = None if parts.path or parts.query else parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host = None
    if not host or not f"{userinfo}{host}".isprintable() or " " in f"{userinfo}{host}":
        # Not quoted: it may hold a password.
        raise ConfigurationError(
            f"{variable} is not the URL of a proxy: use http://[user:password@]host:port"
        )
    return f"http://{userinfo}{at}{f'[{host}]' if ':' in host else host}:{port}"


def _is_excepted(endpoint: Endpoint, environment: Mapping[str, str]) -> bool:
    listed = next((environment[name] for name in _EXCEPTIONS if name in environment), "")
    return any(_matches(entry, endpoint) for entry in re.split(r"[,\s]+", listed.lower()) if entry)


def _matches(entry: str, endpoint: Endpoint) -> bool:
    if entry == "*":
        return True
    host = endpoint.host.rstrip(".")
    if (network := _network(entry)) is not None:
        address = _address(host)
        return address is not None and address in network
    if found := re.fullmatch(r"\[?([^\]]*?)\]?:(\d{1,5})", entry):
        if int(found[2]) != endpoint.port:
            return False
        entry = found[1]
        if (network := _network(entry)) is not None:
            return (address := _address(host)) is not None and address in network
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
