"""What can be made to go wrong while the emulator runs.

Every setting may be changed at any time and from any thread; it holds from the next request on.
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
from zitadel_grpc.testing._state.store import Store


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer to send instead of the right one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RpcFailure:
    """A status to end an RPC with instead of doing it."""

    code: grpc.StatusCode
    details: str
    error_id: str | None
    retry_after: float | None


class TokenEndpointFaults:
    """`down`: the connection is closed without an answer. `silent`: the request is read and never answered.
    `delay`: seconds before anything else happens.
    """

    __slots__ = ("_answers", "delay", "down", "silent")  # so that a wrong name is an error

    def __init__(self) -> None:
        self.down = False
        self.silent = False
        self.delay = 0.0
        self._answers: deque[HttpAnswer] = deque()

    def answer(
        self, status: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"", times: int = 1
    ) -> None:
        """Answers the next `times` requests so, after those that were asked for before.

        Raises ValueError for what HTTP cannot send.
        """
        answer = HttpAnswer(status, headers or {}, body)
        _check(answer)
        self._answers.extend([answer] * times)

    def next_answer(self) -> HttpAnswer | None:
        try:
            return self._answers.popleft()
        except IndexError:
            return None


def _check(answer: HttpAnswer) -> None:
    """Raises ValueError."""
    if _LENGTHS & {name.lower() for name in answer.headers}:
        raise ValueError("the length of an answer is told by the emulator: leave out the header")
    if answer.body and answer.status in (204, 304):
        raise ValueError(f"an answer of status {answer.status} has no body")
    try:
        h11.Response(status_code=answer.status, headers=list(answer.headers.items()))
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise ValueError(f"HTTP has no such answer: {error}") from None


_LENGTHS = {"content-length", "transfer-encoding"}


class Faults:
    """`token_endpoint` has faults of its own; `latency` is added to each RPC, in seconds."""

    __slots__ = (
        "_drop",
        "_failures",
        "_lock",
        "_store",
        "latency",
        "projection_lag",
        "token_endpoint",
        "token_lifetime",
    )

    def __init__(self, store: Store, *, token_lifetime: float, drop: Callable[[], object]) -> None:
        self._store = store
        self._drop = drop
        self._failures: dict[str, deque[RpcFailure]] = {}
        self._lock = threading.Lock()
        self.token_endpoint = TokenEndpointFaults()
        self.token_lifetime = token_lifetime
        """Seconds that tokens given out from now on live; `expires_in` says one less, as ZITADEL does."""
        self.latency = 0.0
        self.projection_lag = 0.0
        """Seconds until lists, permissions and the token endpoint see a write that comes after this is set;
        reads by id see it at once. A real server's are up to about a second late."""

    @property
    def clock_skew(self) -> float:
        """Seconds by which the server's clock is fast, its Date header and its checks; negative: slow."""
        return self._store.clock.skew

    @clock_skew.setter
    def clock_skew(self, seconds: float) -> None:
        self._store.clock.skew = seconds

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
        """Ends the next `times` calls of an RPC with `code`; their tokens are not looked at, nothing is done.

        `rpc` is a full name: `zitadel.management.v1.ManagementService/GetMyOrg`. An `error_id` is carried by
        the answer as by ZITADEL's own. After `retry_after` seconds, the answer says, the caller may come
        again (gRPC's `grpc-retry-pushback-ms`). Raises ValueError for an unknown RPC or a code that is no
        failure.
        """
        rpc = rpc.removeprefix("/")
        if catalog.get(rpc) is None:
            names = [each.full_name for each in catalog.rpcs()]
            alike = [name for name in names if name.endswith(f"/{rpc.rpartition('/')[2]}")]
            alike = alike or difflib.get_close_matches(rpc, names, 1)
            mend = f"; do you mean {' or '.join(alike)}?" if alike else ""
            raise ValueError(f"{rpc!r} is no RPC of ZITADEL{mend}")
        if not isinstance(code, grpc.StatusCode) or code is grpc.StatusCode.OK:
            raise ValueError(f"{code!r} is no failure: give a grpc.StatusCode other than OK")
        with self._lock:
            self._failures.setdefault(rpc, deque()).extend(
                [RpcFailure(code, details, error_id, retry_after)] * times
            )

    def next_failure(self, rpc: str) -> RpcFailure | None:
        with self._lock:
            failures = self._failures.get(rpc)
            return failures.popleft() if failures else None

    def revoke_all_tokens(self) -> None:
        """Refuses every access token given out so far; personal access tokens stay good."""
        self._store.access_tokens.clear()

    def drop_connections(self) -> None:
        """Cuts off every open connection, as a broken network does; new ones are accepted."""
        self._drop()

    def clear(self) -> None:
        """Takes back all faults that last: delays, silence, failures not used up, the clock's skew, lag."""
        self.token_endpoint = TokenEndpointFaults()
        self.latency = 0.0
        self.projection_lag = 0.0
        self.clock_skew = 0.0
        with self._lock:
            self._failures.clear()
