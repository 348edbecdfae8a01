"""What an answer of ZITADEL most likely means, in plain words, where the server's own text does not say it.

Follows what a real server answers: one error id for several causes, NOT_FOUND for a missing role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zitadel_grpc.errors import RpcError

_BY_ID = {
    "AUTHZ-cdgFk": "the caller has no Manager role in this organization: give it one, or name another",
    "AUTH-Bs7Ds": "no organization has the id sent as x-zitadel-orgid",
    "AUTH-7fs1e": (
        "the token is expired, revoked, of a removed or deactivated user, or lacks the scope "
        "urn:zitadel:iam:org:project:id:zitadel:aud"
    ),
    "APP-Shi0J": "tokens obtained by impersonation work for one's own services only, not for ZITADEL's APIs",
    "QUERY-1kIjX": (
        "the server has no instance of this host name: use its own domain, or ConnectionOptions(authority=…) "
        "or the header x-zitadel-instance-host"
    ),
}


def hint_for(error: RpcError) -> str | None:
    """The likely cause of `error`, or None where the server's text says enough or nothing is known."""
    if error.error_id == "AUTH-5mWD2":
        needed = error.permission
        return f"no Manager role of the caller gives the permission {needed}" if needed else None
    return _BY_ID.get(error.error_id or "")
