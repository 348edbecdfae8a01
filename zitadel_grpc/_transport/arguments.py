"""Checks the arguments of calls and clients. Without this, gRPC would fail later, with internal errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc._misplaced import is_number, shown_number
from zitadel_grpc.errors import ConfigurationError

_LONGEST_TIMEOUT = 1e9  # seconds, about 31 years; gRPC's clock overflows at about 290 years

CallOptions = tuple[grpc.CallCredentials | None, bool | None, grpc.Compression | None]
"""`credentials`, `wait_for_ready` and `compression` of a call."""
NO_OPTIONS: CallOptions = (None, None, None)

ASYNC_KINDS: tuple[type, ...] = (
    grpc.aio.UnaryUnaryClientInterceptor,
    grpc.aio.UnaryStreamClientInterceptor,
    grpc.aio.StreamUnaryClientInterceptor,
    grpc.aio.StreamStreamClientInterceptor,
)
SYNC_KINDS: tuple[type, ...] = (
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
)


def check_timeout(timeout: object) -> None:
    """Raises ConfigurationError for an invalid timeout in seconds, such as inf or nan."""
    if not is_number(timeout) or not 0 < timeout <= _LONGEST_TIMEOUT:
        raise ConfigurationError(
            f"timeout must be a number of seconds above 0 and up to {_LONGEST_TIMEOUT:g}, "
            f"not {shown_number(timeout)}"
        )


def call_timeout(timeout: float) -> float:
    """The timeout of one call. A timeout of 0 or less is valid: it has already passed. Raises
    ConfigurationError."""
    if not is_number(timeout) or not timeout <= 0:
        check_timeout(timeout)
    return timeout


def check_grace(grace: object) -> None:
    """Raises ConfigurationError."""
    if grace is not None and (not is_number(grace) or not 0 <= grace <= _LONGEST_TIMEOUT):
        raise ConfigurationError(
            f"grace must be None or a number of seconds from 0 to {_LONGEST_TIMEOUT:g}, "
            f"not {shown_number(grace)}"
        )


def check_call_options(options: CallOptions) -> None:
    """Raises ConfigurationError. gRPC would accept any non-empty string as True."""
    credentials, wait_for_ready, compression = options
    if not isinstance(credentials, grpc.CallCredentials | None):
        raise ConfigurationError(
            f"credentials of a call must be grpc.CallCredentials, not {type(credentials).__name__}"
        )
    if not isinstance(wait_for_ready, bool | None):
        raise ConfigurationError(
            f"wait_for_ready must be True, False or None, not {type(wait_for_ready).__name__}"
        )
    if not isinstance(compression, grpc.Compression | None):
        raise ConfigurationError(
            "compression of a call must be a grpc.Compression, such as grpc.Compression.Gzip, "
            f"not {type(compression).__name__}"
        )


def interceptors_tuple(interceptors: object, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """The `interceptors=` of a client as a tuple. Raises ConfigurationError; gRPC would fail only at the
    first call."""
    if isinstance(interceptors, str | bytes) or not isinstance(interceptors, Iterable):
        raise ConfigurationError(
            f"interceptors must be a sequence, such as a list, not {type(interceptors).__name__}"
        )
    given = tuple(interceptors)
    for one in given:
        if not isinstance(one, kinds):
            library = "grpc.aio" if kinds is ASYNC_KINDS else "grpc"
            raise ConfigurationError(
                f"interceptors must be client interceptors of {library}, not {type(one).__name__}"
            )
    return given
