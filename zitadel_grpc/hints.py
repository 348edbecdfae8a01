"""What an answer of ZITADEL most likely means, in plain words, where the server's own text does not say it.

Follows what a real server answers: one error id for several causes, NOT_FOUND for a missing role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

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

_BY_CONNECTION_FAULT = {
    "CERTIFICATE_VERIFY_FAILED": (
        "the server's certificate is not trusted: is its CA among ConnectionOptions(root_certificates=…)?"
    ),
    "WRONG_VERSION_NUMBER": "what listens there does not speak TLS",
    "Socket closed": "the connection was cut off: does the server want TLS (https)?",
}


def hint_for(error: RpcError) -> str | None:
    """The likely cause of `error`, or None where the server's text says enough or nothing is known."""
    if error.error_id == "AUTH-5mWD2":
        needed = error.permission
        return f"no Manager role of the caller gives the permission {needed}" if needed else None
    if error.error_id == "AUTH-7fs1e" and error.rpc.startswith("zitadel.system."):
        return "the System API takes the tokens of its own users only: use SystemUser"
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        details = error.details() or ""
        return next((hint for said, hint in _BY_CONNECTION_FAULT.items() if said in details), None)
    return _BY_ID.get(error.error_id or "")
