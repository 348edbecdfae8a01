"""What the async and the sync channel share: the server, the token, and how failures are told."""

from __future__ import annotations

import asyncio
import math

import grpc

from zitadel_grpc.credentials import Credentials
from zitadel_grpc.credentials.base import TokenServer
from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.errors import (
    Cancelled,
    ClosedError,
    ConfigurationError,
    CredentialsError,
    DeadlineExceeded,
    RpcError,
    TokenEndpointError,
    Unauthenticated,
    Unavailable,
    Unknown,
)
from zitadel_grpc.options import ConnectionOptions


class Target:
    """A server and who calls it. `timeout` is the default deadline of a call in seconds."""

    def __init__(
        self, url: str, credentials: Credentials, options: ConnectionOptions, timeout: float = 30.0
    ) -> None:
        if not isinstance(credentials, Credentials):
            raise ConfigurationError(
                f"{type(credentials).__name__} is no credentials for calls: give a JwtProfile, "
                "ClientCredentials, PersonalAccessToken, AccessToken, SystemUser or TokenExchange"
            )
        if not isinstance(timeout, int | float) or not (math.isfinite(timeout) and timeout > 0):
            raise ConfigurationError(f"timeout must be a positive number of seconds, not {timeout!r}")
        self.endpoint = Endpoint.parse(url, allow_plaintext=options.allow_plaintext)
        self.credentials = credentials
        self.options = options
        self.timeout = timeout
        self.cache = credentials.cache_for(TokenServer.of(self.endpoint, options))


TELL_NOTHING_OF_THE_TOKEN = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
    }
)
"""After these, a token that was obtained because the one before was refused is as unproven as before."""


def no_token_in_time(rpc: str) -> DeadlineExceeded:
    return DeadlineExceeded(rpc, "the deadline passed while the call waited for a token")


def as_status(error: BaseException, rpc: str) -> RpcError:
    """A call's end as a status, for those who ask the call for its code, when no answer of a server tells
    it."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return Cancelled(rpc, "cancelled on this side")
    if isinstance(error, CredentialsError):
        return Unauthenticated(rpc, str(error))
    if isinstance(error, TokenEndpointError):
        return Unavailable(rpc, str(error))
    return Unknown(rpc, str(error))


def closed() -> ClosedError:
    return ClosedError("this client is closed: make a new one, or close it later")
