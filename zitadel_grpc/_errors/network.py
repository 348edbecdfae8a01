"""Failures that are not ZITADEL's: a proxy answered in its place, or no connection came about.

Told by gRPC's wording, which differs a little between its versions.
"""

from __future__ import annotations

import re

import grpc

_PROXIES = (
    "nginx needs grpc_pass, Traefik and Caddy an h2c:// backend, an AWS ALB a target group of version gRPC"
)
_CLOUDFLARE = (
    "Cloudflare cannot reach ZITADEL by gRPC: switch gRPC on (Network settings), and let the origin offer "
    "TLS with HTTP/2 on port 443"
)
_NO_GRPC = f"it does not pass gRPC on: {_PROXIES}"
_REDIRECT = "gRPC follows no redirect: give the address that it leads to, without a login page in front"
_BY_HTTP_STATUS = {
    400: (
        "it could not read the request, does not pass on HTTP/2, or (nginx) wants a client's certificate: "
        "ConnectionOptions(certificate_chain=…, private_key=…)"
    ),
    401: "it asks for a login of its own: give it what it wants with ConnectionOptions(headers=…)",
    403: "a firewall, an access rule or a missing switch for gRPC (Cloudflare) keeps the call from ZITADEL",
    404: f"it has no route for gRPC to ZITADEL; {_PROXIES}",
    408: "it waited too long for the request",
    413: "the request is larger than it allows",
    421: "the host name is not one that it serves on this connection: see ConnectionOptions(authority=…)",
    429: "its rate limit is reached: send fewer calls at once",
    431: "the headers, with the token, are larger than it allows",
    464: "an AWS ALB whose target group is not of protocol version gRPC (or whose listener is not HTTPS)",
    502: f"it cannot talk to ZITADEL, or not by HTTP/2; {_PROXIES}",
    503: "no ZITADEL is ready behind it: is one running, and does its health check pass?",
    504: "ZITADEL did not answer it in time",
    524: "ZITADEL did not answer Cloudflare in time",
    **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECT),
    **dict.fromkeys((405, 406, 411, 415, 426, 501, 505), _NO_GRPC),
    **dict.fromkeys((520, 521, 522, 523, 525, 526, 530), _CLOUDFLARE),
}
_BY_RESET = {
    1: "a proxy or the server takes the request for a broken one",
    7: "the server, or a proxy, refused the call before it did anything: it is stopping, or has too many",
    8: "the server, or a proxy's time limit, cancelled the call",
    11: "the server, or a proxy, finds that this client sends too much: too many requests, or large headers",
    13: f"what listens there, or behind it, speaks HTTP/1.1 only; {_PROXIES}",
}
_RESET = f"a proxy, most likely, broke the answer off: it may not pass on HTTP/2 or its trailers; {_PROXIES}"
_NO_ANSWER = f"this was no answer of gRPC: a proxy's web page, or a proxy that drops trailers; {_PROXIES}"
_NO_CERTIFICATE = (
    "the server wants a client's certificate: ConnectionOptions(certificate_chain=…, private_key=…)"
)
_HTTP_1 = (
    "what listens there speaks HTTP/1.1 and not HTTP/2: a proxy without it, or another service; "
    f"{_PROXIES}. "
    "If the URL starts with http://, the port may want TLS: use https://"
)
_NO_H2 = (
    "the server, or a load balancer before it, does not offer HTTP/2 by ALPN: switch it on there (nginx: "
    "`http2 on`; AWS NLB: an ALPN policy with HTTP/2)"
)
_OTHER_NAME = (
    "the server's certificate is for another name: use that in the URL, or ConnectionOptions(authority=…)"
)
_BROKEN_TLS = f"the server broke TLS off after the handshake; most likely {_NO_CERTIFICATE}"
_ELSEWHERE = "is the URL, or that of an HTTP proxy, right, and can this machine reach that host and port?"
_CUT_OFF = (
    "the connection was cut off: does the server want TLS? Then the URL must start with https://. Is a "
    "firewall in the way?"
)
_NO_SUCH_NAME = "the host name cannot be resolved: is it right, and does this machine's DNS know it?"
_LOCALHOST = (
    " `localhost` has more than one address, and this error is that of [::1] only: use 127.0.0.1 in the URL "
    "to see the other"
)
_TOO_MUCH = (
    "the server ended it (ENHANCE_YOUR_CALM), as the headers are too large, or there were too many requests "
    "or pings (keepalive)"
)
_NOT_TRUSTED = (
    "the server's certificate is not trusted: is its CA among ConnectionOptions(root_certificates=…)?"
)
_LOST = "the connection was lost during the call, which may have been done"
_TOO_SLOW = (
    "no answer within the call's timeout: the server is slow, or a firewall drops the connection "
    "without a word; is the URL right?"
)
# The first that is found.
_BY_CONNECTION_FAULT = {
    "no healthy upstream": "a proxy (Envoy) has no ZITADEL that is ready behind it",
    "upstream connect error": "a proxy (Envoy) cannot connect to ZITADEL, or not by HTTP/2",
    "HTTP proxy returned response code 407": (
        "the HTTP proxy (ConnectionOptions(proxy=…) or HTTPS_PROXY) wants a user and a password in its URL"
    ),
    "HTTP proxy returned response code": (
        "the HTTP proxy (ConnectionOptions(proxy=…) or HTTPS_PROXY) does not connect to this server"
    ),
    "missing selected ALPN": _NO_H2,
    "NO_APPLICATION_PROTOCOL": _NO_H2,
    "http1.x server": _HTTP_1,
    "Failed parsing HTTP/2": "what listens there does not speak HTTP/2: does it want TLS (https://)?",
    "WRONG_VERSION_NUMBER": "what listens there does not speak TLS: use http://, or another port",
    "certificate is not yet valid": "the certificate is not valid yet, or this machine's clock is wrong",
    "certificate has expired": "the server's certificate has expired, or this machine's clock is wrong",
    "Hostname Verification Check failed": _OTHER_NAME,
    "not in peer certificate": _OTHER_NAME,
    "CERTIFICATE_VERIFY_FAILED": _NOT_TRUSTED,
    "CERTIFICATE_REQUIRED": _NO_CERTIFICATE,
    "TSI_DATA_CORRUPTED": _BROKEN_TLS,
    "Secure read failed": _BROKEN_TLS,
    "UNRECOGNIZED_NAME": "the server has no certificate for this host name: use its own, or authority=…",
    "HANDSHAKE_FAILURE": (
        "the server refused the TLS handshake: it may want a client's certificate "
        "(ConnectionOptions(certificate_chain=…, private_key=…)), or offer only old versions of TLS"
    ),
    "PROTOCOL_VERSION": "the server offers only old versions of TLS; gRPC needs 1.2 or later",
    "Handshake read failed": f"the TLS handshake was cut off: does this port want http://? {_ELSEWHERE}",
    "Connection refused": f"nothing listens there: {_ELSEWHERE}",
    "Connection reset": _CUT_OFF,
    "Socket closed": _CUT_OFF,
    "Failed to connect to remote host": f"there is no way to the server: {_ELSEWHERE}",
    "resolving": _NO_SUCH_NAME,
    "resolution": _NO_SUCH_NAME,
}


def network_hint(
    code: grpc.StatusCode, details: str, rpc: str, *, proxy: str = "", trusted_cas: str = ""
) -> str | None:
    """What failed on the way to ZITADEL, or None if `details` do not show that anything did."""
    if found := re.search(r"http2 header with status: (\d{3})", details):
        return _http_hint(int(found[1]), rpc)
    if found := re.search(r"RST_STREAM with error code (\d+)", details):
        return _BY_RESET.get(int(found[1]), _RESET)
    if found := re.search(r"GOAWAY received; Error code: (\d+)", details):
        reason = _goaway_hint(int(found[1]))
        return f"{_LOST}: {reason}"
    match code:
        case grpc.StatusCode.UNAVAILABLE if re.match(r"(Stream removed|recvmsg|Socket closed)", details):
            return _LOST
        case grpc.StatusCode.UNAVAILABLE:
            return _connection_hint(details, proxy, trusted_cas)
        case grpc.StatusCode.UNKNOWN if details.startswith(("Stream removed", "No status received")):
            return _NO_ANSWER
        case grpc.StatusCode.DEADLINE_EXCEEDED if details == "Deadline Exceeded":
            return _TOO_SLOW + _through(proxy)
    return None


def _connection_hint(details: str, proxy: str, trusted_cas: str) -> str | None:
    hint = next((hint for part, hint in _BY_CONNECTION_FAULT.items() if part in details), None)
    if hint is _NOT_TRUSTED and trusted_cas:
        hint += f" The CAs in use are those of {trusted_cas}"
    if hint and re.search(r"ipv6:(%5B|\[)::1", details):
        hint += _LOCALHOST
    if proxy:
        return (hint or "no connection came about") + _through(proxy)
    return hint


def _through(proxy: str) -> str:
    return f"; the call went through {proxy}" if proxy else ""


def _goaway_hint(code: int) -> str:
    if code == 11:
        return _TOO_MUCH
    if code == 0:
        return "the server, or a proxy, closed it as planned (nginx after `keepalive_requests`: raise that)"
    return f"the server, or a proxy, ended it with HTTP/2 error code {code}"


def _http_hint(status: int, rpc: str) -> str:
    if status == 404 and ".v1." not in rpc:  # ZITADEL's own way to say it, of all services but those of v1
        return (
            "this ZITADEL does not know the RPC, being older or newer than the stubs; or HTTP 404 is a "
            f"proxy's answer: {_BY_HTTP_STATUS[404]}"
        )
    if status >= 500:
        meant = _BY_HTTP_STATUS.get(status, "it, or what is behind it, has failed")
    else:
        meant = _BY_HTTP_STATUS.get(status, _NO_GRPC)
    return f"HTTP {status} is a proxy's answer, not ZITADEL's: {meant}"
