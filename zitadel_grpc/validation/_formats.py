"""Checks email addresses, host names and URIs as Go's standard library and protoc-gen-validate do.

Each function returns the reason why a value is invalid, or None. The server's messages contain these texts,
and Go's `net/mail` (RFC 5322) and `net/url` (RFC 3986) deviate from the RFCs, so Python's parsers cannot be
used.
"""

from __future__ import annotations

import re

from zitadel_grpc.validation._gotext import quoted
from zitadel_grpc.validation._mailbox import MailboxError, parse_mailbox

_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_USER_INFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PORT = re.compile(r"(:[0-9]*)?")
_HOST_CHARACTER = re.compile(r"[A-Za-z0-9!$&'()*+,;=:\[\]<>\"\-_.~]|[^\x00-\x7f]")


def email_violation(text: str) -> str | None:
    try:
        address = parse_mailbox(text)
    except MailboxError as error:
        return f"mail: {error}"
    if len(address.encode()) > 254:
        return "email addresses cannot exceed 254 characters"
    local, _, host = address.partition("@")
    if len(local.encode()) > 64:
        return "email address local phrase cannot exceed 64 characters"
    return hostname_violation(host)


def hostname_violation(host: str) -> str | None:
    if len(host.encode()) > 253:
        return "hostname cannot exceed 253 characters"
    for part in host.removesuffix(".").lower().split("."):
        if not 1 <= len(part.encode()) <= 63:
            return "hostname part must be non-empty and cannot exceed 63 characters"
        if part.startswith("-"):
            return "hostname parts cannot begin with hyphens"
        if part.endswith("-"):
            return "hostname parts cannot end with hyphens"
        if (bad := re.search(r"[^a-z0-9-]", part)) is not None:
            got = quoted(bad[0])
            return f"hostname parts can only contain alphanumeric characters or hyphens, got {got}"
    return None


def uri_violation(text: str) -> str | None:
    """For a URI or a relative reference. Few strings are invalid."""
    without_fragment, _, fragment = text.partition("#")
    if reason := _reference_violation(without_fragment):
        return f"parse {quoted(without_fragment)}: {reason}"
    if reason := _escape_violation(fragment):
        return f"parse {quoted(text)}: {reason}"
    return None


def _reference_violation(text: str) -> str | None:
    if re.search(r"[\x00-\x1f\x7f]", text):
        return "net/url: invalid control character in URL"
    if text.startswith(":"):
        return "missing protocol scheme"
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return None  # opaque: mailto:me
        if ":" in rest.partition("/")[0]:
            return "first path segment in URL cannot contain colon"
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        if reason := _authority_violation(authority):
            return reason
        rest = slash + path
    return _escape_violation(rest)


def _authority_violation(authority: str) -> str | None:
    user, at, host = authority.rpartition("@")
    if reason := _host_violation(host):
        return reason
    if at and not _USER_INFO.fullmatch(user):
        return "net/url: invalid userinfo"
    return _escape_violation(user)


def _host_violation(host: str) -> str | None:
    if host.startswith("["):
        if "]" not in host:
            return "missing ']' in host"
        port = host.rpartition("]")[2]
    else:
        _, colon, digits = host.rpartition(":")
        port = colon + digits if colon else ""
    if not _PORT.fullmatch(port):
        return f"invalid port {quoted(port)} after host"
    return _escape_violation(host, is_host=True)


def _escape_violation(text: str, *, is_host: bool = False) -> str | None:
    position = 0
    while position < len(text):
        if text[position] == "%":
            escape = text[position : position + 3]
            pair = escape[1:]
            # In a host, Go allows only escaped non-ASCII characters, and %25 before an IPv6 zone.
            if not _HEX_PAIR.fullmatch(pair) or (is_host and int(pair, 16) < 0x80 and pair != "25"):
                return f"invalid URL escape {quoted(escape)}"
            position += 3
            continue
        if is_host and not _HOST_CHARACTER.match(text[position]):
            return f"invalid character {quoted(text[position])} in host name"
        position += 1
    return None
