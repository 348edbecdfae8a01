"""Whole requests and responses, for both HTTP versions.

Every RPC of ZITADEL is unary and OAuth requests are small forms, so nothing is streamed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are lowercase; `authority` is HTTP/2's `:authority` or HTTP/1.1's Host."""

    method: str
    target: str
    authority: str
    headers: Headers
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Returns the first header with this name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """`trailers` follow the body of a gRPC response; HTTP/1.1 does not send them."""

    status: int
    headers: Headers
    body: bytes = b""
    trailers: Headers = ()


Handler = Callable[[Request], Awaitable[Response]]


class HangUp(Exception):
    """Raised by a handler to close the connection without a response."""
