"""What became of one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from grpc import StatusCode

from zitadel_grpc.errors import RpcError, TokenEndpointError

Request = TypeVar("Request")
Response = TypeVar("Response")

# With these the server answers before it does anything.
_REFUSALS = frozenset(
    {
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.ALREADY_EXISTS,
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNAUTHENTICATED,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.OUT_OF_RANGE,
        StatusCode.UNIMPLEMENTED,
        StatusCode.RESOURCE_EXHAUSTED,
    }
)
# gRPC itself fails a call with these before it is sent; their codes alone would not tell.
_NEVER_SENT = (
    "failed to connect to all addresses",
    "DNS resolution failed",
    "the deadline passed while the call waited for a token",
)
# And with this, by the code of a refusal, a call that succeeded.
_ANSWER_TOO_LARGE = "Received message larger than max"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Request, Response]):
    """A request and its response or error. Can be pickled. Its repr shows neither request nor response: they
    may hold passwords and tokens."""

    index: int
    """Which one of the requests it was, from 0."""
    request: Request = field(repr=False)
    error: RpcError | TokenEndpointError | None
    """None: it succeeded."""
    sent_before: bool
    """An earlier run with the same resume file sent this request too, and did not learn, or did not note,
    what became of it. ALREADY_EXISTS then likely tells of that one."""
    _response: Response | None = field(repr=False)

    @property
    def response(self) -> Response:
        """Raises `error` if there is one."""
        if self.error is not None:
            raise self.error
        return cast(Response, self._response)

    @property
    def may_be_done(self) -> bool:
        """Whether the server did what was asked for, or may have: False where it surely did not, because the
        request never left, or was refused. True after a deadline, a connection cut off, or an error inside
        the server: nobody can know, so look before you send it again."""
        if self.error is None:
            return True
        if isinstance(self.error, TokenEndpointError):
            return False
        details = self.error.details() or ""
        if self.error.code() in _REFUSALS:
            return _ANSWER_TOO_LARGE in details
        return not details.startswith(_NEVER_SENT)
