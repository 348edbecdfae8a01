"""Which HTTP proxy leads to a server: one answer for token requests and for calls.

The HTTP library and gRPC read the environment by different rules, so neither does: the proxy is found here,
by curl's rules, and given to both. `https_proxy` comes before `HTTPS_PROXY`, then `all_proxy` and
`ALL_PROXY`; the first that is set and not empty decides. `no_proxy` or `NO_PROXY` lists hosts
that are reached without: `example.com` with its subdomains, `example.com:8443` at that port only, addresses
and networks (`10.0.0.0/8`), `*` for all. gRPC's own `grpc_proxy` and `no_grpc_proxy` come before all of
these, for both.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from zitadel_grpc._endpoint import Endpoint, is_host
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc.errors import ConfigurationError

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
    variable = _first_set(_PROXIES)
    if variable is None or _is_excepted(endpoint):
        return None
    return Proxy(_url(os.environ[variable].strip(), variable), variable)


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if os.environ.get(name, "").strip()), None)


def _url(value: str, variable: str) -> str:
    scheme, separator, rest = value.rpartition("://") if "://" in value.partition("@")[0] else ("", "", value)
    if separator and scheme.lower() != "http":
        known = scheme.lower() if re.fullmatch(r"[a-z0-9+.-]{1,20}", scheme.lower()) else "unknown"
        raise ConfigurationError(
            f"{variable} names a proxy of the scheme {known}, and gRPC can use HTTP proxies only: set it to "
            "http://host:port, list the host in NO_PROXY, or set ConnectionOptions(proxy=…)"
        )
    parts, port = None, None
    try:
        if rest.isprintable() and " " not in rest:
            parts = urlsplit(f"//{rest.removesuffix('/')}")
            port = parts.port if parts.port is not None else _DEFAULT_PORT
    except ValueError:
        parts = None
    # A password with `/`, `?` or `#` in it ends the host part early: the rest is a path, query or fragment.
    if parts is None or parts[2:] != ("", "", "") or not port or not is_host(parts.hostname or ""):
        # Not quoted: it may hold a password.
        raise ConfigurationError(
            f"{variable} is not the URL of a proxy: use http://[user:password@]host:port, with special "
            "characters of user and password as %XX"
        )
    userinfo, at, _ = parts.netloc.rpartition("@")
    host = parts.hostname or ""
    return f"http://{userinfo}{at}{f'[{host}]' if ':' in host else host}:{port}"


def _is_excepted(endpoint: Endpoint) -> bool:
    listed = os.environ.get(_first_set(_EXCEPTIONS) or "", "")
    return any(_matches(entry, endpoint) for entry in re.split(r"[,\s]+", listed.lower()) if entry)


def _matches(entry: str, endpoint: Endpoint) -> bool:
    if _network(entry) is None and (found := re.fullmatch(r"\[?([^\]]*?)\]?:(\d{1,5})", entry)):
        if int(found[2]) != endpoint.port:
            return False
        entry = found[1]
    if entry == "*":
        return True
    host = endpoint.host.rstrip(".")
    network, address = _network(entry), _address(host)
    if network is not None or address is not None:  # the end of an address is not a domain
        return network is not None and address is not None and address in network
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
