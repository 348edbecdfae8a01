"""What the async and the sync channel share: the server, the token, and how failures are told."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import grpc

from zitadel_grpc import _proxies, _tracing
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._misplaced import is_number, shown_number
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport.undone import surely_not_done
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.credentials._token_server import resolve_token_server
from zitadel_grpc.errors import (
    Cancelled,
    ClosedError,
    ConfigurationError,
    CredentialsError,
    DeadlineExceeded,
    Internal,
    InvalidMetadata,
    InvalidRequest,
    RpcError,
    TokenEndpointError,
    Unauthenticated,
    Unavailable,
    Unknown,
)

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import CallSpan

logger = logging.getLogger("zitadel_grpc.calls")
logger.addHandler(logging.NullHandler())


class Target:
    """A server and who calls it. `timeout` is the default deadline of a call in seconds; `validate` has
    requests checked before they are sent."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        options: ConnectionOptions,
        timeout: float = 30.0,
        *,
        validate: bool = False,
    ) -> None:
        if not isinstance(credentials, Credentials):
            raise ConfigurationError(
                f"credentials must be a Credentials object (JwtProfile, …), not {type(credentials).__name__}"
            )
        if not isinstance(options, ConnectionOptions):
            raise ConfigurationError(f"options must be ConnectionOptions, not {type(options).__name__}")
        if not isinstance(validate, bool):
            raise ConfigurationError(f"validate must be True or False, not {type(validate).__name__}")
        check_timeout(timeout)
        self.endpoint = Endpoint.parse(url, allow_plaintext=options.allow_plaintext)
        self.endpoint.warn_of_plaintext()
        self.credentials = credentials
        self.proxy = _proxies.resolve(self.endpoint, options)
        # Found once, so that no later change of the environment parts token requests from calls.
        self.options = replace(options, proxy=self.proxy.url if self.proxy else "")
        self.timeout = timeout
        self.validate = validate
        self.cache = credentials._cache_for(resolve_token_server(self.endpoint, options))
        self._server: dict[str, str | int] = {
            "server.address": self.endpoint.host,
            "server.port": self.endpoint.port,
        }

    def start_span(self, rpc: str) -> CallSpan | None:
        """The span of a call that begins now, if the program wants one."""
        return _tracing.start_call(rpc, self._server) if self.options.tracing else None


_LONGEST_TIMEOUT = 1e9  # seconds, about 31 years; gRPC's clock overflows at some 290


def check_timeout(timeout: object) -> None:
    """Raises ConfigurationError for what is not a deadline in seconds, such as inf or nan."""
    if not is_number(timeout) or not 0 < timeout <= _LONGEST_TIMEOUT:
        raise ConfigurationError(
            f"timeout must be a number of seconds above 0 and up to {_LONGEST_TIMEOUT:g}, "
            f"not {shown_number(timeout)}"
        )


def call_timeout(timeout: float) -> float:
    """A call's own timeout; one of 0 or less has passed already. Raises ConfigurationError."""
    if not is_number(timeout) or not timeout <= 0:
        check_timeout(timeout)
    return timeout


def check_call_options(credentials: object, wait_for_ready: object, compression: object) -> None:
    """Raises ConfigurationError for what a call cannot use; gRPC fails with errors of its internals, or takes
    any text for True."""
    if not isinstance(credentials, grpc.CallCredentials | None):
        raise ConfigurationError(
            f"credentials of a call must be grpc.CallCredentials, not a {type(credentials).__name__}"
        )
    if not isinstance(wait_for_ready, bool | None):
        raise ConfigurationError(
            f"wait_for_ready must be True, False or None, not a {type(wait_for_ready).__name__}"
        )
    if not isinstance(compression, grpc.Compression | None):
        raise ConfigurationError(
            f"compression of a call must be a grpc.Compression, such as grpc.Compression.Gzip, "
            f"not a {type(compression).__name__}"
        )


def check_grace(grace: object) -> None:
    """Raises ConfigurationError."""
    if grace is not None and (not is_number(grace) or not 0 <= grace <= _LONGEST_TIMEOUT):
        raise ConfigurationError(
            f"grace must be None or seconds, 0 to {_LONGEST_TIMEOUT:g}, not {shown_number(grace)}"
        )


@dataclass(slots=True)
class Counts:
    """Of calls made, and of those sent again by this package."""

    calls: int = 0
    retries: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.calls + other.calls, self.retries + other.retries)


def check_request(request: object, rpc: str) -> None:
    """Raises InvalidRequest for a request that the server would refuse by the protobufs' rules."""
    from google.protobuf.message import Message

    from zitadel_grpc.validation import violations

    if isinstance(request, Message) and (found := violations(request)):
        raise InvalidRequest(rpc, found)


def no_token_in_time(rpc: str, left: float, earlier: RpcError | None = None) -> DeadlineExceeded:
    """`left` is the time that there was for it, in seconds; `earlier` the failure after which the call was to
    be sent again."""
    if left <= 0 and earlier is None:
        error = DeadlineExceeded(rpc, "the call's timeout had passed before it began: it must be above 0")
    else:
        error = DeadlineExceeded(rpc, "the deadline passed while the call waited for a token")
    error._never_sent = earlier is None or surely_not_done(earlier)
    return error


def unreadable(rpc: str) -> Internal:
    """For a response that came with OK but is not a message of the RPC's type: gRPC then gives None."""
    return Internal(rpc, "the response cannot be read; the server may have executed the call")


def foreign_metadata(rpc: str) -> InvalidMetadata:
    """For metadata that gRPC refused although the call's own was checked."""
    return InvalidMetadata(
        f"{rpc} was not sent: an interceptor or a trace propagator added metadata that gRPC cannot carry"
    )


def log_retry(failure: RpcError) -> None:
    """Notes in log and trace that a call which ended with `failure` is sent again."""
    logger.debug("%s: sent again after %s", failure.rpc, failure.code().name)
    if (span := _tracing.current_call()) is not None:
        span.sent_again(failure.code())


def to_rpc_error(error: BaseException, rpc: str) -> RpcError:
    """A call's end as a status, for those who ask the call for its code, when no answer of a server tells
    it."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return Cancelled(rpc, "cancelled on this side")
    if isinstance(error, ClosedError):
        return Cancelled(rpc, str(error))
    if isinstance(error, CredentialsError):
        return Unauthenticated(rpc, str(error))
    if isinstance(error, TokenEndpointError):
        return Unavailable(rpc, str(error))
    return Unknown(rpc, str(error))
