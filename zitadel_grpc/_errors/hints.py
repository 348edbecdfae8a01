"""What an error most likely means, in plain words, where the server's own text does not say it.

Follows what a real server answers: one error id for several causes, NOT_FOUND for a missing role.
"""

from __future__ import annotations

import grpc

from zitadel_grpc._errors.network import network_hint

NO_PERMISSION = "AUTH-5mWD2"
NO_ROLE = "AUTHZ-cdgFk"
ABOUT_PERMISSIONS = frozenset({NO_PERMISSION, NO_ROLE})
"""The error ids whose hint names the permission that the RPC needs."""

_BY_ID = {
    "AUTH-Bs7Ds": "no organization has the id sent as x-zitadel-orgid",
    "AUTH-7fs1e": (
        "the token is not known to this server (mistyped, or of another instance), expired, revoked, of a "
        "removed or deactivated user, or lacks the scope "
        "urn:zitadel:iam:org:project:id:zitadel:aud"
    ),
    "AUTH-toLo1": "the authorization must be `Bearer`, a space and a token; a proxy may have changed it",
    "AUTH-3jknH": "the caller's Manager role is on another project",
    "APP-Shi0J": "tokens obtained by impersonation work for one's own services only, not for ZITADEL's APIs",
    "QUERY-1kIjX": (
        "the server has no instance of this host name: use its own domain, or ConnectionOptions(authority=…) "
        "or instance_host=…"
    ),
    "QUERY-leq5Q": "a system user belongs to no organization: name one, with org_id or with_org(…)",
}
_BY_TEXT = {
    "auth header missing": "no token reached ZITADEL: does a proxy take the authorization header out?",
    "Exception serializing request": "the request is not a message of the type that this RPC takes",
    "Exception deserializing response": "the answer is no message of the RPC's type: is this ZITADEL?",
    "unknown method": "this server does not know the RPC: it may be older or newer than the stubs",
    "unknown service": "this server does not know the service: it may be older or newer than the stubs",
    "CLIENT: Received message larger": (
        "the answer is larger than this client takes: ask for fewer at once, or set "
        "ConnectionOptions(max_response_bytes=…)"
    ),
    "received message larger than max": "the request is larger than the server takes: send it in parts",
}


def find_hint(
    code: grpc.StatusCode,
    details: str,
    rpc: str,
    *,
    error_id: str | None = None,
    permission: str | None = None,
    proxy: str = "",
    trusted_cas: str = "",
) -> str | None:
    """The likely cause of a failed call and what to do; None if the server's text says enough or the cause is
    not known. `permission` is used for `ABOUT_PERMISSIONS` only."""
    if error_id == NO_PERMISSION:
        if permission is None:
            return "no Manager role of the caller gives the permission that this call needs"
        return f"no Manager role of the caller gives the permission {permission}{_given_by(permission)}"
    if error_id == NO_ROLE:
        return "the caller has no Manager role in this organization: name another, or give it one" + (
            f" that gives {permission}{_given_by(permission)}" if permission else ""
        )
    if error_id == "AUTH-7fs1e" and rpc.startswith("zitadel.system."):
        return "the System API takes the tokens of its own users only: use SystemUser"
    if error_id:
        return _BY_ID.get(error_id)
    by_text = next((hint for part, hint in _BY_TEXT.items() if part in details), None)
    return by_text or network_hint(code, details, rpc, proxy=proxy, trusted_cas=trusted_cas)


def _given_by(permission: str) -> str:
    from zitadel_grpc.roles import roles_granting

    # The roles whose names end in _GLOBAL equal those without it and are no longer used.
    roles = [role for role in roles_granting(permission) if not role.endswith("_GLOBAL")]
    if not roles:
        return ""
    *others, last = roles
    return f", which {', '.join(others)} or {last} would" if others else f", which {last} would"
