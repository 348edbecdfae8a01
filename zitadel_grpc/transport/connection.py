"""What the async and the sync channel share: the server, the token, the deadline, and what becomes of it at a fork."""

from __future__ import annotations

import math
import os
import weakref
from typing import Protocol

import grpc

from zitadel_grpc.credentials import Credentials
from zitadel_grpc.credentials.base import TokenServer
from zitadel_grpc.endpoint import Endpoint
from zitadel_grpc.errors import (
    ClosedError,
    ConfigurationError,
    CredentialsError,
    DeadlineExceeded,
    RpcError,
    TokenEndpointError,
)
from zitadel_grpc.options import ConnectionOptions


class Target:
    """A server and who calls it. `timeout` is the default deadline of a call in seconds."""

    def __init__(
        self, url: str, credentials: Credentials, options: ConnectionOptions, timeout: float
    ) -> None:
        if not isinstance(credentials, Credentials):
            raise ConfigurationError(
                f"{type(credentials).__name__} is no credentials for calls: give a JwtProfile, ClientCredentials, "
                "PersonalAccessToken, AccessToken, SystemUser or TokenExchange"
            )
        if not (math.isfinite(timeout) and timeout > 0):
            raise ConfigurationError(f"timeout must be a positive number of seconds, not {timeout}")
        self.endpoint = Endpoint.parse(url, allow_plaintext=options.allow_plaintext)
        self.credentials = credentials
        self.options = options
        self.timeout = timeout
        self.cache = credentials.cache_for(TokenServer.of(self.endpoint, options))


def no_token_in_time(rpc: str) -> DeadlineExceeded:
    return DeadlineExceeded(rpc, "the deadline passed while the call waited for a token")


def outcome_of(error: BaseException) -> tuple[grpc.StatusCode, str]:
    """Code and details of a call that failed before it was sent."""
    if isinstance(error, RpcError):
        return error.code(), error.details() or ""
    if isinstance(error, CredentialsError):
        return grpc.StatusCode.UNAUTHENTICATED, str(error)
    if isinstance(error, TokenEndpointError):
        return grpc.StatusCode.UNAVAILABLE, str(error)
    return grpc.StatusCode.CANCELLED, "cancelled by the caller"


def closed() -> ClosedError:
    return ClosedError("this client is closed: make a new one, or close it later")


class Forgetful(Protocol):
    """Has connections that a forked child must not touch."""

    def forget_connections(self) -> None: ...


_connections: weakref.WeakSet[Forgetful] = weakref.WeakSet()
# Connections of the parent: kept, since closing them in the child would wait for threads that are not there.
_of_the_parent: list[object] = []


def forget_at_fork(connection: Forgetful) -> None:
    """After a fork the child calls `connection.forget_connections()`."""
    _connections.add(connection)


def keep_unclosed(connection: object) -> None:
    _of_the_parent.append(connection)


def _forget_connections() -> None:
    for connection in list(_connections):
        connection.forget_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_connections)
