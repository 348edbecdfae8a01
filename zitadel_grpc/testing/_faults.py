"""Faults that tests inject into the running emulator.

All settings may be changed at any time and from any thread. A change applies from the next request on.
"""

from __future__ import annotations

import difflib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import grpc
import h11

from zitadel_grpc import catalog


@dataclass(frozen=True, slots=True)
class _HttpResponse:
    """A response to send in place of the token endpoint's own."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class _RpcFailure:
    """A status to return in place of running an RPC."""

    code: grpc.StatusCode
    details: str
    error_id: str | None
    retry_after: float | None


class TokenEndpointFaults:
    """Faults of the token endpoint: `Emulator.faults.token_endpoint`."""

    down: bool
    """Closes the connection without a response."""
    silent: bool
    """Reads the request and never responds."""
    delay: float
    """Seconds to wait before doing anything else."""

    __slots__ = ("_responses", "delay", "down", "silent")  # makes a misspelled fault an AttributeError

    def __init__(self) -> None:
        self.down = False
        self.silent = False
        self.delay = 0.0
        self._responses: deque[_HttpResponse] = deque()

    def respond(
        self, status: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"", times: int = 1
    ) -> None:
        """Sends this response to the next `times` requests. Responses of earlier calls go first.

        Raises:
            ValueError: If HTTP cannot send such a response.
        """
        response = _HttpResponse(status, headers or {}, body)
        _check(response)
        self._responses.extend([response] * times)

    def _next_response(self) -> _HttpResponse | None:
        try:
            return self._responses.popleft()
        except IndexError:
            return None


def _check(response: _HttpResponse) -> None:
    """Raises ValueError."""
    if set_by_us := _LENGTHS & {name.lower() for name in response.headers}:
        raise ValueError(f"headers must not contain {min(set_by_us)}: the emulator sets it")
    if response.body and response.status in (204, 304):
        raise ValueError(f"a response with status {response.status} cannot have a body")
    try:
        h11.Response(status_code=response.status, headers=list(response.headers.items()))
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise ValueError(f"HTTP cannot send this response: {error}") from None


_LENGTHS = {"content-length", "transfer-encoding"}


class Faults:
    """Faults of a running emulator: `Emulator.faults`."""

    token_endpoint: TokenEndpointFaults
    token_lifetime: float
    """Lifetime in seconds of tokens issued from now on. `expires_in` is one less, as in ZITADEL."""
    latency: float
    """Seconds added to each RPC."""
    projection_lag: float
    """Seconds until lists, permissions and the token endpoint see a write that is made after this is set.
    Reads by id see it at once. The lag of a real server is up to about a second."""

    __slots__ = (
        "_clock_skew",
        "_drop_connections",
        "_failures",
        "_lock",
        "_revoke_tokens",
        "_set_clock_skew",
        "latency",
        "projection_lag",
        "token_endpoint",
        "token_lifetime",
    )

    def __init__(
        self,
        *,
        token_lifetime: float,
        clock_skew: float,
        set_clock_skew: Callable[[float], object],
        revoke_tokens: Callable[[], object],
        drop_connections: Callable[[], object],
    ) -> None:
        """Called by `Emulator`."""
        self._set_clock_skew = set_clock_skew
        self._revoke_tokens = revoke_tokens
        self._drop_connections = drop_connections
        self._failures: dict[str, deque[_RpcFailure]] = {}
        self._lock = threading.Lock()
        self._clock_skew = clock_skew
        self.token_endpoint = TokenEndpointFaults()
        self.token_lifetime = token_lifetime
        self.latency = 0.0
        self.projection_lag = 0.0

    @property
    def clock_skew(self) -> float:
        """Seconds by which the server's clock is fast; negative if it is slow.

        It affects the Date header and all checks of times.
        """
        return self._clock_skew

    @clock_skew.setter
    def clock_skew(self, seconds: float) -> None:
        self._set_clock_skew(seconds)
        self._clock_skew = seconds

    def fail_next(
        self,
        rpc: str,
        code: grpc.StatusCode,
        *,
        times: int = 1,
        details: str = "failed on purpose",
        error_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Makes the next `times` calls of an RPC fail before their token is checked.

        Args:
            rpc: A full name: `zitadel.management.v1.ManagementService/GetMyOrg`.
            code: The status code of the calls.
            times: How many calls fail.
            details: The status message of the calls.
            error_id: ZITADEL's error id, such as `AUTH-5mWD2`, sent as ZITADEL sends it.
            retry_after: Seconds after which the caller may retry (gRPC's `grpc-retry-pushback-ms`).

        Raises:
            ValueError: If the RPC is unknown, or `code` is OK.
        """
        rpc = rpc.removeprefix("/")
        if catalog.get(rpc) is None:
            names = [each.full_name for each in catalog.rpcs()]
            similar = [name for name in names if name.endswith(f"/{rpc.rpartition('/')[2]}")]
            similar = similar or difflib.get_close_matches(rpc, names, 1)
            hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
            raise ValueError(f"unknown RPC {rpc!r}{hint}")
        if not isinstance(code, grpc.StatusCode) or code is grpc.StatusCode.OK:
            raise ValueError(f"code must be a grpc.StatusCode other than OK, not {code!r}")
        with self._lock:
            self._failures.setdefault(rpc, deque()).extend(
                [_RpcFailure(code, details, error_id, retry_after)] * times
            )

    def _next_failure(self, rpc: str) -> _RpcFailure | None:
        with self._lock:
            failures = self._failures.get(rpc)
            return failures.popleft() if failures else None

    def revoke_all_tokens(self) -> None:
        """Revokes every access token issued so far. Personal access tokens stay valid."""
        self._revoke_tokens()

    def drop_connections(self) -> None:
        """Resets every open connection, as a broken network does. New connections are accepted."""
        self._drop_connections()

    def clear(self) -> None:
        """Removes all faults. `token_lifetime`, revoked tokens and dropped connections stay as they are."""
        self.token_endpoint = TokenEndpointFaults()
        self.latency = 0.0
        self.projection_lag = 0.0
        self.clock_skew = 0.0
        with self._lock:
            self._failures.clear()
