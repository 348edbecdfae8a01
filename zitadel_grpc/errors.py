"""The exceptions that this package raises.

    ZitadelError
    ├── ConfigurationError    (also a ValueError) a URL, an option or a scope is not valid
    ├── InvalidMetadata       (also a ValueError) the metadata of a call cannot be sent
    ├── ClosedError           (also a RuntimeError) the client is closed, or was lost in a fork
    ├── CredentialsError      the credentials are rejected; a retry cannot help
    ├── TokenEndpointError    the token endpoint issues no token: it is unreachable, overloaded, …
    ├── WaitTimeoutError      (also a TimeoutError) the condition of `wait_until` was not met in time
    └── RpcError              (also a grpc.aio.AioRpcError) a call failed
        ├── Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
        ├── PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange,
        ├── Unimplemented, Internal, Unavailable, DataLoss, Unauthenticated
        └── InvalidRequest    (an InvalidArgument, also a TypeError) the request was not sent

`grpc.aio.AioRpcError` is a `grpc.RpcError`, so `except` clauses written for plain gRPC, async or sync, keep
working. `isinstance(error, grpc.Call)` is true as well, as it is for gRPC's synchronous errors.
No exception holds a key, a token or a client secret. All of them can be pickled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import grpc
import grpc.aio

from zitadel_grpc._errors.error_id import find_error_id, without_error_id
from zitadel_grpc._errors.text import one_line

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.rpc.status_pb2 import Status

    from zitadel_grpc.validation import Violation

    Detail = TypeVar("Detail", bound=Message)

__all__ = ["ClosedError", "ConfigurationError", "CredentialsError", "InvalidMetadata", "PlaintextWarning"]
__all__ += ["MetadataEntry", "RpcError", "TokenEndpointError", "WaitTimeoutError", "ZitadelError"]
__all__ += ["Aborted", "AlreadyExists", "Cancelled", "DataLoss", "DeadlineExceeded", "FailedPrecondition"]
__all__ += ["Internal", "InvalidArgument", "InvalidRequest", "NotFound", "OutOfRange", "PermissionDenied"]
__all__ += ["ResourceExhausted", "Unauthenticated", "Unavailable", "Unimplemented", "Unknown"]


class ZitadelError(Exception):
    """Base class of all exceptions that this package defines."""


class ConfigurationError(ZitadelError, ValueError):
    """A URL, an option or a scope is not valid. Fix the program: the message names the value and says what is
    valid."""


class InvalidMetadata(ZitadelError, ValueError):
    """gRPC cannot send the metadata of a call, so the call was not sent. Fix the program: the message names
    the header, but never quotes its value."""


class ClosedError(ZitadelError, RuntimeError):
    """The client is closed: create a new one. Also raised in a forked process if the parent had an open
    asyncio channel or a synchronous call in progress, because gRPC does not work in such a child."""


class CredentialsError(ZitadelError):
    """The credentials are rejected or cannot be used. A retry cannot help: fix the key file, the client
    secret, or the user in ZITADEL.

    `error` is the OAuth error code (RFC 6749 §5.2) if the token endpoint sent one, else None.
    """

    def __init__(self, message: str, *, error: str | None = None) -> None:
        super().__init__(message)
        self.error = error


class TokenEndpointError(ZitadelError):
    """The token endpoint did not issue a token: it is unreachable, does not respond, is overloaded, or is not
    an OAuth server. Usually temporary; the credentials may be valid.

    `status` is the HTTP status of the response, None if there was none. `retry_after` is the delay in seconds
    that the server asked for. `retryable` is False if only a change of configuration helps (a redirect, a web
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
    """The condition of `wait_until` was not met in time.

    `last` is the last response, or None if the last call failed; that failure is the `__cause__`.
    """

    def __init__(self, message: str, *, last: Any = None) -> None:
        super().__init__(message)
        self.last = last


class PlaintextWarning(UserWarning):
    """`allow_plaintext=True` sends tokens to another machine unencrypted. Use TLS outside of tests."""


class MetadataEntry(NamedTuple):
    """A metadata entry of a synchronous call. It has the fields of gRPC's class, which cannot be pickled."""

    key: str
    value: str | bytes


class RpcError(ZitadelError, grpc.aio.AioRpcError):
    """A call failed. Each status code has a subclass. `code()`, `details()`, `initial_metadata()` and
    `trailing_metadata()` work as in plain gRPC."""

    status_code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    rpc: str
    """Full name of the RPC, such as `zitadel.management.v1.ManagementService/GetMyOrg`."""
    # What the transport knows about the failed call:
    _never_sent = False  # the request did not leave this process
    _repeated = False  # an earlier attempt of the same call may have been executed
    _proxy = ""  # the proxy that the call went through
    _trusted_cas = ""  # where the trusted CAs come from, if the server's certificate is not trusted

    def __init__(
        self,
        rpc: str,
        details: str | None = None,
        *,
        code: grpc.StatusCode | None = None,
        initial_metadata: Iterable[tuple[str, Any]] | None = None,
        trailing_metadata: Iterable[tuple[str, Any]] | None = None,
        debug_error_string: str | None = None,
    ) -> None:
        super().__init__(
            code or self.status_code,
            _as_metadata(initial_metadata),
            _as_metadata(trailing_metadata),
            details,
            debug_error_string,
        )
        self.rpc = rpc

    def __init_subclass__(cls, *, code: grpc.StatusCode | None = None) -> None:
        cls.status_code = code or cls.status_code

    @property
    def message(self) -> str:
        """The server's text without the error id. Language and wording differ between servers."""
        return without_error_id(self.details() or "")

    @functools.cached_property
    def error_id(self) -> str | None:
        """ZITADEL's id of the error, such as `QUERY-Dfbg2`, which does not depend on language or version. For
        the newer `zitadel.error.v2.ErrorDetail`, its slug, such as `user.already_exists`."""
        return find_error_id(self.details() or "", self.error_details)

    @property
    def permission(self) -> str | None:
        """The permission that the RPC needs, according to the protobufs. None if any valid token is enough
        (the server may still check what the request asks for), or if the RPC is not in these stubs."""
        from zitadel_grpc import catalog

        known = catalog.get(self.rpc)
        return known.permission if known and known.permission not in ("", "authenticated") else None

    @property
    def hint(self) -> str | None:
        """The likely cause and what to do about it; None if the cause is not known."""
        from zitadel_grpc._errors import hints

        needs_permission = self.error_id in hints.ABOUT_PERMISSIONS  # else the catalog is not loaded
        return hints.find_hint(
            self.code(),
            self.details() or "",
            self.rpc,
            error_id=self.error_id,
            permission=self.permission if needs_permission else None,
            proxy=self._proxy,
            trusted_cas=self._trusted_cas,
        )

    @functools.cached_property
    def status(self) -> Status | None:
        """The `google.rpc.Status` that the server sent in the trailers, or None."""
        from zitadel_grpc._errors.details import read_status

        packed = self._header("grpc-status-details-bin")
        return read_status(packed) if isinstance(packed, bytes) else None

    @functools.cached_property
    def error_details(self) -> tuple[Message, ...]:
        """The decoded details of `status` (AIP-193): `zitadel.v1.ErrorDetail`, `google.rpc.BadRequest`, …
        A detail of an unknown type stays a `google.protobuf.Any`."""
        if self.status is None:
            return ()
        from zitadel_grpc._errors.details import unpack

        return tuple(unpack(packed) for packed in self.status.details)

    def error_detail(self, kind: type[Detail]) -> Detail | None:
        """The first of `error_details` of this type, such as `google.rpc.error_details_pb2.BadRequest`."""
        return next((detail for detail in self.error_details if isinstance(detail, kind)), None)

    @property
    def failed_attempts(self) -> int | None:
        """How many times in a row a password or code was wrong, if the server reports it
        (`zitadel.v1.CredentialsCheckError`), else None."""
        found = (getattr(detail, "failed_attempts", None) for detail in self.error_details)
        return next((count for count in found if isinstance(count, int)), None)

    @property
    def retry_delay(self) -> float | None:
        """The delay in seconds that the server asks for before a retry, or None. It is read from
        `grpc-retry-pushback-ms` (gRFC A6; a negative value means never), `google.rpc.RetryInfo` or
        `Retry-After` (RFC 9110 §10.2.3)."""
        from zitadel_grpc._errors.retry_delay import find_retry_delay

        return find_retry_delay(self._header, self.error_details)

    def __str__(self) -> str:
        """One line of bounded length, with the hint. `details()` returns the server's whole text."""
        text = f"{self.code().name}: {one_line(self.details() or 'no details')} [{self.rpc}]"
        return f"{text} ({self.hint})" if self.hint else text

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {one_line(self.details() or 'no details', 120)} [{self.rpc}]>"

    def __reduce__(self) -> tuple[Any, ...]:
        decoded = ("status", "error_details")  # the other process may not have their classes
        state = {name: value for name, value in vars(self).items() if name not in decoded}
        return type(self), (self.rpc,), state

    def _header(self, name: str) -> Any:
        """A header or trailer of the response."""
        # Pair by pair: a dict of grpc.aio's Metadata raises KeyError in older versions.
        return dict((*(self.initial_metadata() or ()), *(self.trailing_metadata() or ()))).get(name)

    # The methods of grpc.Call, for a call that is over.
    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> None:
        return None

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False


grpc.Call.register(RpcError)


def _as_metadata(metadata: Iterable[tuple[str, Any]] | None) -> Any:
    if metadata is None or isinstance(metadata, grpc.aio.Metadata):
        return metadata or grpc.aio.Metadata()
    return tuple(MetadataEntry(*pair) for pair in metadata)


class Cancelled(RpcError, code=grpc.StatusCode.CANCELLED):
    """CANCELLED: the server or a proxy cancelled the call, or the synchronous client was closed during it. An
    asyncio task that is cancelled raises `asyncio.CancelledError` instead."""


class Unknown(RpcError, code=grpc.StatusCode.UNKNOWN):
    """UNKNOWN: the server failed without a specific code, or a proxy sent a response that is not gRPC; the
    hint says which."""


class InvalidArgument(RpcError, code=grpc.StatusCode.INVALID_ARGUMENT):
    """INVALID_ARGUMENT: the request breaks a rule of the server. Fix the field that the message names."""


class InvalidRequest(InvalidArgument, TypeError):
    """The request was not sent. It is not the message type that the RPC takes, or, with `validate=True`, it
    breaks rules of the protobufs: then `violations` lists all of them, else it is empty."""

    _never_sent = True

    def __init__(self, rpc: str, violations: Iterable[Violation] = (), *, details: str | None = None) -> None:
        self.violations = tuple(violations)
        super().__init__(rpc, details or "; ".join(map(str, self.violations)))


class DeadlineExceeded(RpcError, code=grpc.StatusCode.DEADLINE_EXCEEDED):
    """DEADLINE_EXCEEDED: the timeout of the call, which includes the wait for a token, has passed. The server
    may still have executed the call."""


class NotFound(RpcError, code=grpc.StatusCode.NOT_FOUND):
    """NOT_FOUND: the resource does not exist. ZITADEL also sends it if the caller has no Manager role at all
    (AUTHZ-cdgFk)."""


class AlreadyExists(RpcError, code=grpc.StatusCode.ALREADY_EXISTS):
    """ALREADY_EXISTS: the resource exists, perhaps from an earlier attempt of the same call."""


class PermissionDenied(RpcError, code=grpc.StatusCode.PERMISSION_DENIED):
    """PERMISSION_DENIED: the caller lacks the permission. An administrator of ZITADEL has to grant one of the
    Manager roles that the hint names."""


class ResourceExhausted(RpcError, code=grpc.StatusCode.RESOURCE_EXHAUSTED):
    """RESOURCE_EXHAUSTED: a quota, a rate limit, or a message above the size limit. Retry later, or send
    less."""


class FailedPrecondition(RpcError, code=grpc.StatusCode.FAILED_PRECONDITION):
    """FAILED_PRECONDITION: the state of the resource does not allow the call. Change the state first."""


class Aborted(RpcError, code=grpc.StatusCode.ABORTED):
    """ABORTED: another change of the same resource came first. Read it again, then retry."""


class OutOfRange(RpcError, code=grpc.StatusCode.OUT_OF_RANGE):
    """OUT_OF_RANGE: a number in the request, such as an offset, is outside of the valid range."""


class Unimplemented(RpcError, code=grpc.StatusCode.UNIMPLEMENTED):
    """UNIMPLEMENTED: the server does not know the RPC: it is older or newer than the stubs, or it is not
    ZITADEL."""


class Internal(RpcError, code=grpc.StatusCode.INTERNAL):
    """INTERNAL: the server failed, or its response cannot be read. The server may have executed the call."""


class Unavailable(RpcError, code=grpc.StatusCode.UNAVAILABLE):
    """UNAVAILABLE: there is no connection, or the server is not ready. Usually temporary. The hint says if
    the configuration is the cause."""


class DataLoss(RpcError, code=grpc.StatusCode.DATA_LOSS):
    """DATA_LOSS: the server lost data. Ask the server's administrator."""


class Unauthenticated(RpcError, code=grpc.StatusCode.UNAUTHENTICATED):
    """UNAUTHENTICATED: the server rejected the token, and also a new one if the client obtained one. Check
    the credentials."""
