"""Finds the HTTP proxy for a server: the same one for token requests and for calls.

The HTTP library and gRPC read the environment by different rules, so neither reads it. The proxy is resolved
here by curl's rules, and passed to both. The first of these variables that is set and not empty applies:
`grpc_proxy`, `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`. Hosts in the first of `no_grpc_proxy`,
`no_proxy` and `NO_PROXY` are reached directly. The list may contain `example.com` (and its subdomains),
`example.com:8443` (that port only), addresses, networks (`10.0.0.0/8`) and `*`.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._proxy_url import parse_proxy_url

if TYPE_CHECKING:
    import ipaddress

_PROXIES = ("grpc_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_EXCEPTIONS = ("no_grpc_proxy", "no_proxy", "NO_PROXY")
_ADVICE = ", list the host in NO_PROXY, or pass ConnectionOptions(proxy=…)"


class Proxy:
    """An HTTP proxy: `http://[user:password@]host:port`, and the option or variable that sets it. `str()`
    omits the user name and password."""

    __slots__ = ("source", "url")

    def __init__(self, url: str, source: str) -> None:
        self.url = url
        self.source = source

    def __str__(self) -> str:
        return f"the proxy http://{self.url.rpartition('@')[2].removeprefix('http://')} ({self.source})"


def resolve(endpoint: Endpoint, options: ConnectionOptions) -> Proxy | None:
    """The proxy for `endpoint`. Plaintext connections use a proxy only if `options` sets it, since the proxy
    can read the tokens.

    Raises ConfigurationError, which names the variable, if gRPC cannot use the proxy.
    """
    if options.proxy is not None:
        name = "ConnectionOptions.proxy"
        return Proxy(parse_proxy_url(options.proxy, name), name) if options.proxy else None
    if not endpoint.secure:
        return None
    variable = _first_set(_PROXIES)
    if variable is None or _is_excepted(endpoint):
        return None
    return Proxy(parse_proxy_url(os.environ[variable].strip(), variable, advice=_ADVICE), variable)


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if os.environ.get(name, "").strip()), None)


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
    if network is not None or address is not None:  # a domain rule must not match the end of an address
        return network is not None and address is not None and address in network
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    import ipaddress  # imported here: few programs list hosts in NO_PROXY

    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    import ipaddress

    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
