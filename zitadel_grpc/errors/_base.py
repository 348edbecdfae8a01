"""The errors that are not about one call."""

from __future__ import annotations

from typing import Any


class ZitadelError(Exception):
    """Every error that this package raises on purpose."""


class ConfigurationError(ZitadelError, ValueError):
    """A URL, an option or a scope cannot work as given; the text names it and says what would."""


class InvalidMetadata(ZitadelError, ValueError):
    """gRPC cannot send a call's metadata, and the call was not made. The text names the header and never
    quotes its value."""


class ClosedError(ZitadelError, RuntimeError):
    """The client was closed: make a new one. Or the process was forked while an asyncio channel was open or
    synchronous calls were under way: gRPC cannot be used in the child."""


class PlaintextWarning(UserWarning):
    """Tokens go to another machine in plaintext, as `allow_plaintext=True` asked for."""


class CredentialsError(ZitadelError):
    """The credentials were refused for good, or cannot be used: asking again changes nothing until they are
    mended.

    `error` is the OAuth error code (RFC 6749 §5.2) where the token endpoint gave one, else None.
    """

    def __init__(self, message: str, *, error: str | None = None) -> None:
        super().__init__(message)
        self.error = error


class TokenEndpointError(ZitadelError):
    """No token could be had for a passing reason: endpoint unreachable, silent, overloaded, or not an OAuth
    server.

    `status` is that of the HTTP answer, None if there was none; `retry_after` is the wait in seconds that
    the server asked for; `retryable` is False where only a changed configuration helps (a redirect, a web
    page, an untrusted certificate).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.retryable = retryable


class WaitTimeoutError(ZitadelError, TimeoutError):
    """What `until` waited for was not seen in time.

    `last` is the last answer, None if that was an error; the error is the `__cause__`.
    """

    def __init__(self, message: str, *, last: Any = None) -> None:
        super().__init__(message)
        self.last = last
