"""The likely cause of a failed call and what to do about it, if the server's own text does not say.

A hint is a phrase: first the cause, then the action. The causes were observed on a real server, which sends
one error id for several of them, and NOT_FOUND for a missing role.
"""

from __future__ import annotations

import grpc

from zitadel_grpc._errors.network import network_hint

NO_PERMISSION = "AUTH-5mWD2"
NO_ROLE = "AUTHZ-cdgFk"
ABOUT_PERMISSIONS = frozenset({NO_PERMISSION, NO_ROLE})
"""The error ids whose hint names the permission that the RPC needs."""

_TOKEN_REFUSED = "AUTH-7fs1e"  # noqa: S105  # an error id
_BY_ID = {
    "AUTH-AWfge": (
        "the caller lacks the permission that this RPC checks for the resource; grant it a Manager role on "
        "the organization or project, such as ORG_OWNER"
    ),
    "AUTH-Bs7Ds": "no organization has the id sent as x-zitadel-orgid; check the id in org_id or with_org(…)",
    _TOKEN_REFUSED: (
        "the server rejected the token: it may be mistyped, expired or revoked, come from another instance, "
        "belong to a removed or deactivated user, or lack the scope "
        "urn:zitadel:iam:org:project:id:zitadel:aud; get a new token"
    ),
    "AUTH-toLo1": (
        "the Authorization header is not `Bearer` followed by a token; check the metadata of the call, and "
        "whether a proxy changes the header"
    ),
    "AUTH-3jknH": "the caller's Manager role is on another project; grant it a role on this project",
    "APP-Shi0J": (
        "ZITADEL's own APIs do not accept tokens obtained by impersonation; use them with your own services "
        "only"
    ),
    "QUERY-1kIjX": (
        "the server has no instance with this host name; use the instance's domain in the URL, or set "
        "ConnectionOptions(authority=…) or instance_host=…"
    ),
    "QUERY-leq5Q": "a system user belongs to no organization; select one with org_id or with_org(…)",
}
_OTHER_VERSION = "it is older or newer than the stubs; generate stubs that match this server"
_BY_TEXT = {
    "auth header missing": (
        "no token reached ZITADEL: a proxy may be stripping the Authorization header; configure it to forward"
        " that header"
    ),
    "Exception serializing request": (
        "the request is not a message of the type that this RPC takes; pass that type"
    ),
    "Exception deserializing response": (
        "the response is not a message of the type that this RPC returns; check that the URL is ZITADEL's"
    ),
    "unknown method": f"the server does not know this RPC: {_OTHER_VERSION}",
    "unknown service": f"the server does not know this service: {_OTHER_VERSION}",
    "CLIENT: Received message larger": (
        "the response exceeds this client's size limit; request fewer items at once, or raise "
        "ConnectionOptions(max_response_bytes=…)"
    ),
    "received message larger than max": (
        "the request exceeds the server's size limit; split it into smaller requests"
    ),
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
    """The hint for a failed call; None if the server's text says enough or the cause is not known.
    `permission` is used for `ABOUT_PERMISSIONS` only."""
    if error_id == NO_PERMISSION:
        needed = f"the permission {permission}" if permission else "the permission that this RPC needs"
        return f"none of the caller's Manager roles has {needed}; {_grant_a_role(permission)}"
    if error_id == NO_ROLE:
        return (
            "the caller has no Manager role in this organization; select another organization, or "
            f"{_grant_a_role(permission)}"
        )
    if error_id == _TOKEN_REFUSED and rpc.startswith("zitadel.system."):
        return "the System API accepts only tokens of system users; use SystemUser credentials"
    if error_id:
        return _BY_ID.get(error_id)
    by_text = next((hint for part, hint in _BY_TEXT.items() if part in details), None)
    return by_text or network_hint(code, details, rpc, proxy=proxy, trusted_cas=trusted_cas)


def _grant_a_role(permission: str | None) -> str:
    from zitadel_grpc.roles import roles_granting

    # A _GLOBAL role grants the same permissions as the role without the suffix, and is no longer used.
    roles = [role for role in roles_granting(permission or "") if not role.endswith("_GLOBAL")]
    if not roles:
        return "grant the caller a role that has it" if permission else "grant the caller a role"
    *others, last = roles
    return f"grant the caller {', '.join(others)} or {last}" if others else f"grant the caller {last}"
