"""What the two HTTP versions have in common: a whole request in, a whole answer out.

Every RPC of ZITADEL is unary and every OAuth request is a small form, so nothing here streams.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are in lower case; `authority` is HTTP/2's `:authority` or HTTP/1.1's Host."""

    method: str
    target: str
    authority: str
    headers: Headers
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """`trailers` end a gRPC answer that has a body; HTTP/1.1 does not send them."""

    status: int
    headers: Headers
    body: bytes = b""
    trailers: Headers = ()


Handler = Callable[[Request], Awaitable[Response]]


class HangUp(Exception):
    """Raised by a handler to close the connection without an answer."""
