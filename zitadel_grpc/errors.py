"""What can go wrong, as exceptions.

    ZitadelError
    ├── ConfigurationError    (also a ValueError) a URL, an option or a scope that cannot work
    ├── ClosedError           (also a RuntimeError) the client was closed before, or lost by a fork
    ├── CredentialsError      refused for good: a broken key file, invalid_grant, invalid_client, …
    ├── TokenEndpointError    no token for a passing reason: the token endpoint is unreachable, silent, …
    └── RpcError              (also a grpc.aio.AioRpcError) the server, or gRPC itself, failed the call
        ├── Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
        ├── PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange,
        ├── Unimplemented, Internal, Unavailable, DataLoss, Unauthenticated
        └── InvalidRequest    (also an InvalidArgument) refused before it was sent

`grpc.aio.AioRpcError` is a `grpc.RpcError`, so `except` clauses written for plain gRPC, async or sync, keep
working; so does `isinstance(error, grpc.Call)`, by which code learns that a sync error has a `code()`.
No exception carries a key, a token or a client secret.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import grpc
import grpc.aio

from zitadel_grpc import http_dates

if TYPE_CHECKING:
    from google.rpc.status_pb2 import Status

    from zitadel_grpc.validation import Fault

# "User could not be found (QUERY-Dfbg2)"; "unable to …: ID=QUERY-1kIjX Message=Instance not found. …"
_ERROR_ID = re.compile(r"\(([A-Za-z0-9]+-[A-Za-z0-9]+)\)$|\bID=([A-Za-z0-9]+-[A-Za-z0-9]+) Message=")
_STATUS_DETAILS = "grpc-status-details-bin"


class ZitadelError(Exception):
    """Every error that this package raises on purpose."""


class ConfigurationError(ZitadelError, ValueError):
    """A URL, an option or a scope cannot work as given; the text names it and says what would."""


class ClosedError(ZitadelError, RuntimeError):
    """The client was closed, or its process forked while its asyncio channel was open: make a new one."""


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


class Metadatum(NamedTuple):
    """One entry of a sync call's metadata, as gRPC's own, which cannot be pickled."""

    key: str
    value: str | bytes


def _kept(metadata: Iterable[tuple[str, Any]] | None) -> Any:
    if metadata is None or isinstance(metadata, grpc.aio.Metadata):
        return metadata or grpc.aio.Metadata()
    return tuple(Metadatum(*pair) for pair in metadata)


class RpcError(ZitadelError, grpc.aio.AioRpcError):
    """A call failed. Each status code has its subclass; `code()`, `details()` and the metadata are gRPC's
    own."""

    status_code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    rpc: str
    """Full name, such as `zitadel.management.v1.ManagementService/GetMyOrg`."""

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
            _kept(initial_metadata),
            _kept(trailing_metadata),
            details,
            debug_error_string,
        )
        self.rpc = rpc

    @staticmethod
    def of(error: grpc.RpcError, rpc: str) -> RpcError:
        """The exception of this package for one of grpc's own, async or sync. Metadata stays of its kind:
        `grpc.aio.Metadata`, or for a sync call a tuple of `Metadatum`."""
        if isinstance(error, RpcError):
            return error
        call: Any = error  # grpc's sync errors are calls: the methods are there, the type does not say so
        code = call.code()
        return _CLASSES.get(code, RpcError)(
            rpc,
            call.details(),
            code=code,
            initial_metadata=call.initial_metadata(),
            trailing_metadata=call.trailing_metadata(),
            debug_error_string=getattr(call, "debug_error_string", str)(),
        )

    @functools.cached_property
    def status(self) -> Status | None:
        """The `google.rpc.Status` of the trailers, or None."""
        from google.protobuf.message import DecodeError
        from google.rpc.status_pb2 import Status

        # Pair by pair: a dict of grpc.aio's Metadata raises KeyError in older versions.
        packed = dict(tuple(self.trailing_metadata() or ())).get(_STATUS_DETAILS)
        if not isinstance(packed, bytes):
            return None
        try:
            return Status.FromString(packed)
        except DecodeError:
            return None

    @functools.cached_property
    def error_id(self) -> str | None:
        """ZITADEL's id of the error, such as `QUERY-Dfbg2`: stable where texts differ by language and
        version."""
        for packed in self.status.details if self.status else ():
            for kind in _detail_types():
                detail = kind()
                if packed.Is(kind.DESCRIPTOR) and packed.Unpack(detail) and detail.id:
                    return str(detail.id)
        found = _ERROR_ID.search(self.details() or "")
        return found[1] or found[2] if found else None

    @functools.cached_property
    def retry_delay(self) -> float | None:
        """After how many seconds the server wants the call to be tried again, or None if it does not say so:
        by `grpc-retry-pushback-ms` (gRFC A6; a negative number there says never), by `google.rpc.RetryInfo`,
        or by `Retry-After` (RFC 9110 §10.2.3)."""
        from google.rpc.error_details_pb2 import RetryInfo

        # Pair by pair, as above.
        said = dict((*(self.initial_metadata() or ()), *(self.trailing_metadata() or ())))
        if (pushback := said.get("grpc-retry-pushback-ms")) is not None:
            return int(pushback) / 1000 if str(pushback).isdecimal() else None
        for packed in self.status.details if self.status else ():
            info = RetryInfo()
            if packed.Is(info.DESCRIPTOR) and packed.Unpack(info) and info.HasField("retry_delay"):
                return max(0.0, info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
        return http_dates.retry_after(said.get("retry-after"))

    @property
    def message(self) -> str:
        """The server's text without the error id."""
        return _ERROR_ID.sub("", self.details() or "").rstrip()

    @property
    def permission(self) -> str | None:
        """The permission that the RPC needs, from the protobufs, or None if it needs none or is not known."""
        from zitadel_grpc import catalog

        known = catalog.get(self.rpc)
        return known.permission or None if known else None

    @property
    def hint(self) -> str | None:
        """The likely cause in plain words, where it is known."""
        from zitadel_grpc import hints

        return hints.hint_for(self)

    def __str__(self) -> str:
        text = f"{self.code().name}: {self.details() or 'no details'} [{self.rpc}]"
        return f"{text} ({self.hint})" if self.hint else text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rpc,), vars(self)

    # Of grpc.Call: the call is over.
    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> None:
        return None

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False


grpc.Call.register(RpcError)


def _detail_types() -> tuple[Any, ...]:
    try:
        from zitadel_grpc.api.v1 import CredentialsCheckError, ErrorDetail
    except ImportError:
        return ()  # stubs made of a source without ZITADEL's error details: the text has the id too
    return ErrorDetail, CredentialsCheckError


class Cancelled(RpcError):
    """CANCELLED: by the server; a call cancelled on this side raises `asyncio.CancelledError`."""

    status_code = grpc.StatusCode.CANCELLED


class Unknown(RpcError):
    """UNKNOWN."""

    status_code = grpc.StatusCode.UNKNOWN


class InvalidArgument(RpcError):
    """INVALID_ARGUMENT: the request breaks a rule; the text names the field."""

    status_code = grpc.StatusCode.INVALID_ARGUMENT


class InvalidRequest(InvalidArgument):
    """The request breaks rules of the protobufs, and was not sent (`validate=True`). The text says of all
    faults what the server would say of the first."""

    def __init__(self, rpc: str, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(rpc, "; ".join(map(str, self.faults)))


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


_CLASSES: dict[grpc.StatusCode, type[RpcError]] = {
    kind.status_code: kind for kind in RpcError.__subclasses__()
}
