"""One class for each status code of gRPC."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import grpc

from zitadel_grpc.errors._rpc import RpcError

if TYPE_CHECKING:
    from zitadel_grpc.validation import Violation


class Cancelled(RpcError):
    """CANCELLED: by the server; a call cancelled on this side raises `asyncio.CancelledError`."""

    status_code = grpc.StatusCode.CANCELLED


class Unknown(RpcError):
    """UNKNOWN."""

    status_code = grpc.StatusCode.UNKNOWN


class InvalidArgument(RpcError):
    """INVALID_ARGUMENT: the request breaks a rule; the text names the field."""

    status_code = grpc.StatusCode.INVALID_ARGUMENT


class InvalidRequest(InvalidArgument, TypeError):
    """The request was not sent: it is not a message that the RPC takes, or, with `validate=True`, it breaks
    rules of the protobufs. Then `violations` holds all of them; else it is empty."""

    _never_sent = True

    def __init__(self, rpc: str, violations: Iterable[Violation] = (), *, details: str | None = None) -> None:
        self.violations = tuple(violations)
        super().__init__(rpc, details or "; ".join(map(str, self.violations)))


class DeadlineExceeded(RpcError):
    """DEADLINE_EXCEEDED: the time for the call ran out, the wait for a token counted in."""

    status_code = grpc.StatusCode.DEADLINE_EXCEEDED


class NotFound(RpcError):
    """NOT_FOUND; from ZITADEL also where the caller has no Manager role at all (AUTHZ-cdgFk)."""

    status_code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(RpcError):
    """ALREADY_EXISTS."""

    status_code = grpc.StatusCode.ALREADY_EXISTS


class PermissionDenied(RpcError):
    """PERMISSION_DENIED: the caller's Manager roles do not give `permission`."""

    status_code = grpc.StatusCode.PERMISSION_DENIED


class ResourceExhausted(RpcError):
    """RESOURCE_EXHAUSTED: a quota, a rate limit, or a message over the size limit."""

    status_code = grpc.StatusCode.RESOURCE_EXHAUSTED


class FailedPrecondition(RpcError):
    """FAILED_PRECONDITION: the resource's state does not allow it."""

    status_code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(RpcError):
    """ABORTED."""

    status_code = grpc.StatusCode.ABORTED


class OutOfRange(RpcError):
    """OUT_OF_RANGE."""

    status_code = grpc.StatusCode.OUT_OF_RANGE


class Unimplemented(RpcError):
    """UNIMPLEMENTED: this server does not know the RPC; is it older than the protobufs?"""

    status_code = grpc.StatusCode.UNIMPLEMENTED


class Internal(RpcError):
    """INTERNAL."""

    status_code = grpc.StatusCode.INTERNAL


class Unavailable(RpcError):
    """UNAVAILABLE: no connection, or the server is not ready."""

    status_code = grpc.StatusCode.UNAVAILABLE


class DataLoss(RpcError):
    """DATA_LOSS."""

    status_code = grpc.StatusCode.DATA_LOSS


class Unauthenticated(RpcError):
    """UNAUTHENTICATED: the token was refused, also after it was renewed once."""

    status_code = grpc.StatusCode.UNAUTHENTICATED
