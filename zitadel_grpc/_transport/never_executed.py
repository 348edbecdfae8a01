"""Whether the server certainly did not execute a failed call. When in doubt, it may have executed it.

gRPC's client creates errors too, even after the server executed the call (a response over a size limit, a
reset stream, a proxy's HTTP status), and does not mark them. So a status code proves something only if gRPC's
client never creates it, or if the response shows that it comes from the server: by its details, or by a text
that gRPC's client never writes. With other codes a text proves nothing, since any peer can send it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grpc import StatusCode

if TYPE_CHECKING:
    from zitadel_grpc.errors import RpcError

# The server rejects a request with these before it does anything, and gRPC's client never creates them.
_SERVER_ONLY = frozenset(
    {
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.ALREADY_EXISTS,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.OUT_OF_RANGE,
    }
)
# The same, but gRPC's client also creates them from RST_STREAM, HTTP statuses and size limits.
_SERVER_OR_CLIENT = frozenset(
    {
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNAUTHENTICATED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.RESOURCE_EXHAUSTED,
    }
)


def never_executed(error: RpcError) -> bool:
    """Whether the request was never sent, or the server itself rejected it."""
    if error._never_sent:
        return True
    if error._repeated:  # an earlier attempt may have been executed, and be the cause of an ALREADY_EXISTS
        return False
    return error.code() in _SERVER_ONLY or (error.code() in _SERVER_OR_CLIENT and _made_by_server(error))


def _made_by_server(error: RpcError) -> bool:
    number = error.code().value[0]
    text = error.details() or ""
    return (
        (error.status is not None and error.status.code == number)
        or re.search(r"\([A-Z0-9]+-[A-Za-z0-9]+\)$", text) is not None
        # from grpc-go, before it calls a handler
        or (
            error.code() is StatusCode.UNIMPLEMENTED
            and re.match("unknown (service|method) ", text) is not None
        )
    )
