"""Parses the URL of an HTTP proxy, from an option or an environment variable."""

from __future__ import annotations

import re

from zitadel_grpc._endpoint import is_host
from zitadel_grpc.errors import ConfigurationError

_DEFAULT_PORT = 80


def parse_proxy_url(value: str, name: str, *, advice: str = "") -> str:
    """Returns `value` as `http://[user:password@]host:port`. Its scheme and port are optional.

    Raises ConfigurationError, which names the option or variable `name` and ends with `advice`. It never
    quotes `value`, which may contain a password.
    """
    has_scheme = "://" in value.partition("@")[0]
    scheme, _, rest = value.rpartition("://") if has_scheme else ("http", "", value)
    if scheme.lower() != "http":
        known = scheme.lower() if re.fullmatch(r"[a-z0-9+.-]{1,20}", scheme.lower()) else "unknown"
        raise ConfigurationError(
            f"{name} has the scheme {known}, but gRPC supports HTTP proxies only: use http://host:port{advice}"
        )
    from urllib.parse import urlsplit  # imported here: few programs use a proxy

    parts, port = None, None
    try:
        if rest.isprintable() and " " not in rest:
            parts = urlsplit(f"//{rest.removesuffix('/')}")
            port = parts.port if parts.port is not None else _DEFAULT_PORT
    except ValueError:
        parts = None
    # `/`, `?` or `#` in a password ends the host early: what follows is read as a path, query or fragment.
    if parts is None or parts[2:] != ("", "", "") or not port or not is_host(parts.hostname or ""):
        raise ConfigurationError(
            f"{name} is not a valid proxy URL: use http://[user:password@]host:port, with special characters "
            f"in the user name and password percent-encoded{advice}"
        )
    userinfo, at, _ = parts.netloc.rpartition("@")
    host = parts.hostname or ""
    return f"http://{userinfo}{at}{f'[{host}]' if ':' in host else host}:{port}"
