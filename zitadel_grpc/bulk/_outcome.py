"""What became of one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from zitadel_grpc._transport.undone import surely_not_done
from zitadel_grpc.errors import RpcError, TokenEndpointError

Request = TypeVar("Request")
Response = TypeVar("Response")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Request, Response]):
    """A request and its response or error. Can be pickled. Its repr shows neither request nor response: they
    may hold passwords and tokens."""

    index: int
    """Which one of the requests it was, from 0."""
    request: Request = field(repr=False)
    error: RpcError | TokenEndpointError | None
    """None: it succeeded."""
    previously_sent: bool
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
    def may_have_applied(self) -> bool:
        """Whether the server did what was asked for, or may have. False where it surely did not: the request
        never left, or the server itself refused it. True after a deadline, a lost connection, an error inside
        the server or one made by gRPC's own client: nobody can know, so look before you send it again."""
        if self.error is None:
            return True
        return not isinstance(self.error, TokenEndpointError) and not surely_not_done(self.error)
