"""The outcome of one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from zitadel_grpc._transport.never_executed import never_executed
from zitadel_grpc.errors import RpcError, TokenEndpointError

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[RequestT, ResponseT]):
    """The response or the error of one request.

    Outcomes can be pickled. Their repr contains neither request nor response, which may hold passwords or
    tokens.
    """

    index: int
    """Position of the request in `requests`, from 0."""
    request: RequestT = field(repr=False)
    error: RpcError | TokenEndpointError | None
    """None if the call succeeded."""
    previously_sent: bool
    """Whether an earlier run with the same resume file sent this request and may have applied it.
    If so, ALREADY_EXISTS probably means that the earlier attempt succeeded."""
    _response: ResponseT | None = field(repr=False)

    @property
    def response(self) -> ResponseT:
        """The response. Raises `error` if the call failed."""
        if self.error is not None:
            raise self.error
        return cast(ResponseT, self._response)

    @property
    def may_have_applied(self) -> bool:
        """Whether the server executed the request, or may have.

        False if it certainly did not: the request was not sent, or the server refused it. True after a
        deadline, a lost connection, an internal error of the server, or an error that gRPC's own client
        created. In these cases check the state on the server before you retry.
        """
        if self.error is None:
            return True
        return not isinstance(self.error, TokenEndpointError) and not never_executed(self.error)
