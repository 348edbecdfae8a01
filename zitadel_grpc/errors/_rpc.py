"""A call that failed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import grpc
import grpc.aio

from zitadel_grpc import _http_headers
from zitadel_grpc._errors.text import one_line, secrets_of, without
from zitadel_grpc.errors._base import ZitadelError

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.message import Message
    from google.rpc.status_pb2 import Status

    Detail = TypeVar("Detail", bound=Message)

# "User could not be found (QUERY-Dfbg2)"; "unable to …: ID=QUERY-1kIjX Message=Instance not found. …"
_ERROR_ID = re.compile(r"\(([A-Za-z0-9]+-[A-Za-z0-9]+)\)$|\bID=([A-Za-z0-9]+-[A-Za-z0-9]+) Message=")
_STATUS_DETAILS = "grpc-status-details-bin"
_PUSHBACK = "grpc-retry-pushback-ms"
_SHORT = 120  # characters
_AN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", re.ASCII)
"""What an error id may be: a server, or what stands in its place, may send anything under that name."""


class MetadataEntry(NamedTuple):
    """One entry of a sync call's metadata, as gRPC's own, which cannot be pickled."""

    key: str
    value: str | bytes


class RpcError(ZitadelError, grpc.aio.AioRpcError):
    """A call failed. Each status code has its subclass; `code()`, `details()` and the metadata are gRPC's
    own."""

    status_code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    _classes: ClassVar[dict[grpc.StatusCode, type[RpcError]]] = {}
    _via: str = ""
    """The proxy that the call went through, for the hint."""
    rpc: str
    """Full name, such as `zitadel.management.v1.ManagementService/GetMyOrg`."""
    _never_sent = False
    """Known to the transport: the request did not leave."""
    _repeated = False
    """Known to the transport: an earlier attempt of the same call may have been executed."""
    _trusted = ""
    """Which CAs the transport trusts, where the server's certificate was refused."""

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

    def __init_subclass__(cls) -> None:
        RpcError._classes.setdefault(cls.status_code, cls)

    @staticmethod
    def of(
        error: grpc.RpcError, rpc: str, sent: Iterable[tuple[str, Any]] = (), via: object = None
    ) -> RpcError:
        """The exception of this package for one of grpc's own, async or sync. Metadata stays of its kind:
        `grpc.aio.Metadata`, or for a sync call a tuple of `MetadataEntry`. `sent` is the call's metadata:
        a secret of it that the server repeats, such as the token, is removed. `via` is the proxy."""
        if isinstance(error, RpcError):
            return error
        call: Any = error  # grpc's sync errors are calls: the methods are there, the type does not say so
        code, secrets = call.code(), secrets_of(sent)
        failure = RpcError._classes.get(code, RpcError)(
            rpc,
            without(secrets, call.details()),
            code=code,
            initial_metadata=_cleared(secrets, call.initial_metadata()),
            trailing_metadata=_cleared(secrets, call.trailing_metadata()),
            debug_error_string=without(secrets, getattr(call, "debug_error_string", str)()),
        )
        if via is not None:
            failure._via = str(via)
        return failure

    @functools.cached_property
    def status(self) -> Status | None:
        """The `google.rpc.Status` of the trailers, or None."""
        from zitadel_grpc._errors.details import read_status

        packed = self._said(_STATUS_DETAILS)
        return read_status(packed) if isinstance(packed, bytes) else None

    @functools.cached_property
    def error_details(self) -> tuple[Message, ...]:
        """What the server tells beside the text, decoded: `zitadel.v1.ErrorDetail`, `google.rpc.BadRequest`
        and its like (AIP-193). What is of no type known here stays a `google.protobuf.Any`."""
        from zitadel_grpc._errors.details import unpack

        return tuple(unpack(packed) for packed in self.status.details) if self.status else ()

    def error_detail(self, kind: type[Detail]) -> Detail | None:
        """The first of `error_details` of this type, such as `google.rpc.error_details_pb2.BadRequest`."""
        return next((detail for detail in self.error_details if isinstance(detail, kind)), None)

    @functools.cached_property
    def error_id(self) -> str | None:
        """ZITADEL's id of the error, such as `QUERY-Dfbg2`: stable where texts differ by language and
        version. Of the newer `zitadel.error.v2.ErrorDetail` the slug, such as `user.already_exists`."""
        for detail in self.error_details:
            given = getattr(detail, "id", "") or getattr(detail, "slug", "")
            if detail.DESCRIPTOR.full_name.startswith("zitadel.") and _AN_ID.fullmatch(str(given)):
                return str(given)
        found = _ERROR_ID.search(self.details() or "")
        given = found[1] or found[2] if found else ""
        return given if _AN_ID.fullmatch(given) else None

    @property
    def failed_attempts(self) -> int | None:
        """How often a password or code was wrong in a row by now, where the server counts
        (`zitadel.v1.CredentialsCheckError`), else None."""
        found = (getattr(detail, "failed_attempts", None) for detail in self.error_details)
        return next((count for count in found if isinstance(count, int)), None)

    @property
    def retry_delay(self) -> float | None:
        """After how many seconds the server wants the call to be tried again, or None if it does not say so:
        by `grpc-retry-pushback-ms` (gRFC A6; a negative number there says never), by `google.rpc.RetryInfo`,
        or by `Retry-After` (RFC 9110 §10.2.3)."""
        if (pushback := self._said(_PUSHBACK)) is not None:
            milliseconds = _http_headers.whole_number(pushback)
            return None if milliseconds is None else milliseconds / 1000
        for detail in self.error_details:
            if detail.DESCRIPTOR.full_name == "google.rpc.RetryInfo" and detail.HasField("retry_delay"):
                wait: Duration = detail.retry_delay  # type: ignore[attr-defined]
                return max(0.0, wait.seconds + wait.nanos / 1e9)
        return _http_headers.retry_after(self._said("retry-after"))

    @property
    def message(self) -> str:
        """The server's text without the error id."""
        return _ERROR_ID.sub("", self.details() or "").rstrip()

    @property
    def permission(self) -> str | None:
        """The permission that the RPC needs, from the protobufs, or None if any good token will do (then the
        server may still check what the caller asks for) or the RPC is not known."""
        from zitadel_grpc import catalog

        known = catalog.get(self.rpc)
        return known.permission if known and known.permission not in ("", "authenticated") else None

    @property
    def hint(self) -> str | None:
        """The likely cause in plain words, where it is known."""
        from zitadel_grpc._errors.hints import hint_for

        return hint_for(self)

    def __str__(self) -> str:
        """One line of bounded length, whatever the server said; `details()` has its text as it came."""
        text = f"{self.code().name}: {one_line(self.details() or 'no details')} [{self.rpc}]"
        return f"{text} ({self.hint})" if self.hint else text

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {one_line(self.details() or 'no details', _SHORT)} [{self.rpc}]>"

    def __reduce__(self) -> tuple[Any, ...]:
        decoded = ("status", "error_details")  # of classes that the other side may not have
        return (
            type(self),
            (self.rpc,),
            {name: kept for name, kept in vars(self).items() if name not in decoded},
        )

    def _said(self, name: str) -> Any:
        """A header or trailer of the answer."""
        # Pair by pair: a dict of grpc.aio's Metadata raises KeyError in older versions.
        return dict((*(self.initial_metadata() or ()), *(self.trailing_metadata() or ()))).get(name)

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


def _kept(metadata: Iterable[tuple[str, Any]] | None) -> Any:
    if metadata is None or isinstance(metadata, grpc.aio.Metadata):
        return metadata or grpc.aio.Metadata()
    return tuple(MetadataEntry(*pair) for pair in metadata)


def _cleared(secrets: Sequence[str], metadata: Iterable[tuple[str, Any]] | None) -> Any:
    if not metadata or not secrets:
        return metadata
    pairs = ((key, without(secrets, value)) for key, value in metadata)
    return grpc.aio.Metadata(*pairs) if isinstance(metadata, grpc.aio.Metadata) else tuple(pairs)
