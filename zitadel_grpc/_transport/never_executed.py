"""Whether a call that failed was surely not executed. When in doubt, it may have been.

gRPC's client makes errors by itself, also after the server executed the call (a response over a size limit, a
reset stream, a proxy's HTTP status), and does not tell them from a server's. So a code counts only if gRPC
never makes it, or if the response shows that the server made it: by its details, or by a text that gRPC's
client never writes. With other codes no text counts, since any peer can send it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grpc import StatusCode

if TYPE_CHECKING:
    from zitadel_grpc.errors import RpcError

# With these a server refuses before it does anything, and gRPC's client never makes them.
_OF_SERVERS_ONLY = frozenset(
    {
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.ALREADY_EXISTS,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.OUT_OF_RANGE,
    }
)
# With these too, but gRPC's client makes them also of RST_STREAM, HTTP statuses and size limits.
_OF_BOTH = frozenset(
    {
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNAUTHENTICATED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.RESOURCE_EXHAUSTED,
    }
)


def never_executed(error: RpcError) -> bool:
    """Whether the request of `error` never left, or the server itself refused it."""
    if error._never_sent:
        return True
    if error._repeated:  # an earlier attempt may have been executed; ALREADY_EXISTS may tell of that one
        return False
    return error.code() in _OF_SERVERS_ONLY or (error.code() in _OF_BOTH and _made_by_server(error))


def _made_by_server(error: RpcError) -> bool:
    number = error.code().value[0]
    text = error.details() or ""
    return (
        (error.status is not None and error.status.code == number)
        or re.search(r"\([A-Z0-9]+-[A-Za-z0-9]+\)$", text) is not None
        # grpc-go's own, before it calls anything
        or (
            error.code() is StatusCode.UNIMPLEMENTED
            and re.match("unknown (service|method) ", text) is not None
        )
    )
