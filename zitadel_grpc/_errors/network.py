"""Hints for failures between client and ZITADEL: a proxy responded in its place, or there is no connection.

gRPC's wording identifies the failure. It differs slightly between versions.
"""

from __future__ import annotations

import re

import grpc

_CONFIGURE_GRPC = (
    "configure it for gRPC (nginx: grpc_pass; Traefik, Caddy: an h2c:// backend; AWS ALB: a target group "
    "with protocol version gRPC)"
)
_CLOUDFLARE = (
    "Cloudflare cannot reach ZITADEL over gRPC; enable gRPC in Network settings, and serve TLS with HTTP/2 "
    "on port 443 at the origin"
)
_NO_GRPC = f"the proxy does not forward gRPC; {_CONFIGURE_GRPC}"
_REDIRECT = "gRPC does not follow redirects; use the target as the URL, unless it is a login page"
_CLIENT_CERTIFICATE = "ConnectionOptions(certificate_chain=…, private_key=…)"
_BY_HTTP_STATUS = {
    400: (
        "the proxy cannot read the request: it may not support HTTP/2, or (nginx) requires a client "
        f"certificate; check its log, or set {_CLIENT_CERTIFICATE}"
    ),
    401: "the proxy requires its own credentials; send them with ConnectionOptions(headers=…)",
    403: "a firewall or an access rule blocks the call, or gRPC is off (Cloudflare); allow gRPC calls there",
    404: f"the proxy has no route for gRPC to ZITADEL; {_CONFIGURE_GRPC}",
    408: "the proxy did not receive the request in time; retry, or raise its timeout",
    413: "the request is larger than the proxy allows; send less, or raise its limit",
    421: "the proxy does not serve this host name on this connection; set ConnectionOptions(authority=…)",
    429: "the rate limit of the proxy is reached; send fewer calls concurrently",
    431: "the headers, including the token, are larger than the proxy allows; raise its limit",
    464: (
        "the AWS ALB cannot forward gRPC; give it an HTTPS listener and a target group with protocol version "
        "gRPC"
    ),
    502: f"the proxy cannot connect to ZITADEL over HTTP/2; {_CONFIGURE_GRPC}",
    503: ("no ZITADEL behind the proxy is ready; check that ZITADEL is running and passes its health check"),
    504: "ZITADEL did not respond to the proxy in time; check ZITADEL, or raise the proxy's timeout",
    524: "ZITADEL did not respond to Cloudflare in time; check ZITADEL",
    **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECT),
    **dict.fromkeys((405, 406, 411, 415, 426, 501, 505), _NO_GRPC),
    **dict.fromkeys((520, 521, 522, 523, 525, 526, 530), _CLOUDFLARE),
}
_BY_RESET = {
    1: "a proxy or the server rejected the request as malformed; check their logs",
    7: (
        "the server or a proxy refused the call without executing it, because it is stopping or overloaded; "
        "retry later"
    ),
    8: "the server or a proxy cancelled the call, perhaps because of a time limit; raise that limit",
    11: (
        "the client sends too many requests, or headers that are too large for the server or a proxy; send "
        "fewer calls concurrently"
    ),
    13: f"the server, or a proxy's backend, supports HTTP/1.1 only; {_CONFIGURE_GRPC}",
}
_TRUNCATED = (
    "a proxy probably truncated the response: it may not forward HTTP/2, or may drop its trailers; "
    f"{_CONFIGURE_GRPC}"
)
_NOT_GRPC = (
    "the response is not gRPC: it is a proxy's web page, or a proxy dropped the trailers; check the URL; "
    f"{_CONFIGURE_GRPC}"
)
_NO_CERTIFICATE = f"the server requires a client certificate; set {_CLIENT_CERTIFICATE}"
_HTTP_1 = (
    "the server speaks HTTP/1.1, not HTTP/2: it is a proxy without HTTP/2, or another service; "
    f"{_CONFIGURE_GRPC}; if the URL starts with http://, the port may require TLS: use https://"
)
_NO_H2 = (
    "the server, or a load balancer in front of it, does not offer HTTP/2 in ALPN; enable it there (nginx: "
    "`http2 on`; AWS NLB: an ALPN policy with HTTP/2)"
)
_OTHER_NAME = (
    "the server's certificate is for another name; use that name in the URL, or set "
    "ConnectionOptions(authority=…)"
)
_BROKEN_TLS = (
    "the server closed the connection after the TLS handshake; it may require a client certificate: set "
    f"{_CLIENT_CERTIFICATE}"
)
_CHECK_ADDRESS = (
    "check the URL, the HTTP proxy if there is one, and that this machine can reach that host and port"
)
_CUT_OFF = (
    "the connection was cut off; if the server requires TLS, the URL must start with https://; otherwise "
    "check for a firewall in between"
)
_NO_SUCH_NAME = "the host name cannot be resolved; check its spelling, and this machine's DNS"
_LOCALHOST = (
    "; `localhost` has more than one address and this error is for [::1]: use 127.0.0.1 in the URL to see "
    "the error for the other"
)
_NOT_TRUSTED = "the server's certificate is not trusted; add its CA to ConnectionOptions(root_certificates=…)"
_LOST = "connection lost during the call; the server may have executed it"
_TOO_SLOW = (
    "no response within the call's timeout: the server is slow, or a firewall silently drops the connection; "
    "check the URL, or raise the timeout"
)
# The first key that the error's text contains applies.
_BY_CONNECTION_ERROR = {
    "no healthy upstream": (
        "no ZITADEL behind the proxy (Envoy) is ready; check that ZITADEL is running and passes its health "
        "check"
    ),
    "upstream connect error": (
        "the proxy (Envoy) cannot connect to ZITADEL over HTTP/2; check the address and protocol of its "
        "cluster"
    ),
    "HTTP proxy returned response code 407": (
        "the HTTP proxy requires a user name and password; put them into the URL in "
        "ConnectionOptions(proxy=…) or HTTPS_PROXY"
    ),
    "HTTP proxy returned response code": (
        "the HTTP proxy (ConnectionOptions(proxy=…) or HTTPS_PROXY) refuses to connect to this server; allow "
        "the host in the proxy, or list it in NO_PROXY"
    ),
    "missing selected ALPN": _NO_H2,
    "NO_APPLICATION_PROTOCOL": _NO_H2,
    "http1.x server": _HTTP_1,
    "Failed parsing HTTP/2": (
        "the server does not speak HTTP/2 on this port; if the port requires TLS, use https://"
    ),
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port; use http://, or another port",
    "certificate is not yet valid": (
        "the server's certificate is not valid yet, or this machine's clock is wrong; check the clock first"
    ),
    "certificate has expired": (
        "the server's certificate has expired, or this machine's clock is wrong; renew the certificate, or "
        "set the clock"
    ),
    "Hostname Verification Check failed": _OTHER_NAME,
    "not in peer certificate": _OTHER_NAME,
    "CERTIFICATE_VERIFY_FAILED": _NOT_TRUSTED,
    "CERTIFICATE_REQUIRED": _NO_CERTIFICATE,
    "TSI_DATA_CORRUPTED": _BROKEN_TLS,
    "Secure read failed": _BROKEN_TLS,
    "UNRECOGNIZED_NAME": (
        "the server has no certificate for this host name; use its own name in the URL, or set "
        "ConnectionOptions(authority=…)"
    ),
    "HANDSHAKE_FAILURE": (
        "the server refused the TLS handshake; it may offer only old versions of TLS, or require a client "
        f"certificate: set {_CLIENT_CERTIFICATE}"
    ),
    "PROTOCOL_VERSION": "the server offers only old versions of TLS; enable TLS 1.2 or later there",
    "Handshake read failed": (
        "the TLS handshake was cut off; if the port does not use TLS, use http://; otherwise "
        f"{_CHECK_ADDRESS}"
    ),
    "Connection refused": f"nothing listens on this port; {_CHECK_ADDRESS}",
    "Connection reset": _CUT_OFF,
    "Socket closed": _CUT_OFF,
    "Failed to connect to remote host": f"the server cannot be reached; {_CHECK_ADDRESS}",
    "resolving": _NO_SUCH_NAME,
    "resolution": _NO_SUCH_NAME,
}


def network_hint(
    code: grpc.StatusCode, details: str, rpc: str, *, proxy: str = "", trusted_cas: str = ""
) -> str | None:
    """The hint for a failure between client and ZITADEL; None if `details` show no such failure."""
    if found := re.search(r"http2 header with status: (\d{3})", details):
        return _http_hint(int(found[1]), rpc)
    if found := re.search(r"RST_STREAM with error code (\d+)", details):
        return _BY_RESET.get(int(found[1]), _TRUNCATED)
    if found := re.search(r"GOAWAY received; Error code: (\d+)", details):
        return f"{_LOST}; {_goaway_hint(int(found[1]))}"
    match code:
        case grpc.StatusCode.UNAVAILABLE if re.match(r"(Stream removed|recvmsg|Socket closed)", details):
            return _LOST
        case grpc.StatusCode.UNAVAILABLE:
            return _connection_hint(details, proxy, trusted_cas)
        case grpc.StatusCode.UNKNOWN if details.startswith(("Stream removed", "No status received")):
            return _NOT_GRPC
        case grpc.StatusCode.DEADLINE_EXCEEDED if details == "Deadline Exceeded":
            return _TOO_SLOW + _through(proxy)
    return None


def _connection_hint(details: str, proxy: str, trusted_cas: str) -> str | None:
    hint = next((hint for part, hint in _BY_CONNECTION_ERROR.items() if part in details), None)
    if hint is _NOT_TRUSTED and trusted_cas:
        hint += f"; the CAs in use are those of {trusted_cas}"
    if hint and re.search(r"ipv6:(%5B|\[)::1", details):
        hint += _LOCALHOST
    if proxy:
        return (hint or "the connection failed") + _through(proxy)
    return hint


def _through(proxy: str) -> str:
    return f"; the call went through {proxy}" if proxy else ""


def _goaway_hint(code: int) -> str:
    if code == 11:
        return (
            "the server closed the connection (ENHANCE_YOUR_CALM) because the headers are too large, or "
            "because of too many requests or keepalive pings; send fewer"
        )
    if code == 0:
        return (
            "the server or a proxy closed the connection as planned (nginx does after `keepalive_requests`: "
            "raise that)"
        )
    return f"the server or a proxy closed the connection with HTTP/2 error code {code}; check its log"


def _http_hint(status: int, rpc: str) -> str:
    if status == 404 and ".v1." not in rpc:  # ZITADEL sends it for an unknown RPC, except in v1 services
        return (
            "this ZITADEL does not know the RPC: it is older or newer than the stubs; or HTTP 404 is from a "
            f"proxy, not from ZITADEL: {_BY_HTTP_STATUS[404]}"
        )
    if status >= 500:
        meaning = _BY_HTTP_STATUS.get(status, "the proxy or its backend failed; check the proxy's log")
    else:
        meaning = _BY_HTTP_STATUS.get(status, _NO_GRPC)
    return f"HTTP {status} is from a proxy, not from ZITADEL: {meaning}"
