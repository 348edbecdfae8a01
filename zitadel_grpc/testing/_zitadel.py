"""The emulated server: what OAuth and gRPC share."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import grpc

from zitadel_grpc.testing import _call_log
from zitadel_grpc.testing._faults import Faults
from zitadel_grpc.testing._state.projections import Projections
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._tokens import Issuer
from zitadel_grpc.testing._wire.messages import Request

_CALLS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A gRPC call as the server received it. The authorization metadata contains the scheme only."""

    rpc: str
    code: grpc.StatusCode
    details: str
    metadata: tuple[tuple[str, str], ...]
    request: Any = field(repr=False)
    """The request message, or None if the call failed before it was decoded."""
    user_id: str | None
    """The caller, or None if the call failed before authentication."""
    seconds: float
    """The time from the end of the request to the response."""


@dataclass(slots=True)
class Zitadel:
    store: Store
    issuer: Issuer
    faults: Faults
    calls: deque[RecordedCall] = field(default_factory=lambda: deque(maxlen=_CALLS_KEPT))
    token_requests: int = 0
    in_progress: int = 0
    """Calls in progress."""
    projections: Projections = field(default_factory=Projections)

    @property
    def projected(self) -> Zitadel:
        """The state that lists, permissions and the token endpoint use. `projection_lag` delays it."""
        lag = self.faults.projection_lag
        return replace(self, store=self.projections.seen(self.store, lag)) if lag else self

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Wraps all code that may write, to keep the projections up to date."""
        self.projections.follow(self.store, self.faults.projection_lag)
        try:
            yield
        finally:
            self.projections.follow(self.store, self.faults.projection_lag)

    def record(self, call: RecordedCall) -> None:
        self.calls.append(call)
        user = self.store.users.get(call.user_id or "")
        _call_log.log(
            call.code.name,
            call.rpc,
            who=user.user_name if user else call.user_id,
            seconds=call.seconds,
            details=call.details,
        )

    def unknown_instance(self, request: Request) -> str | None:
        """Returns ZITADEL's error if the instance does not have the requested host, otherwise None.

        ZITADEL finds the instance by x-zitadel-instance-host or, without it, by the request's authority.
        """
        origin = request.header("x-zitadel-instance-host") or request.authority
        if any(_host(origin) == domain.name for domain in self.store.instance.domains):
            return None
        return (
            f"unable to set instance using origin &{{{origin}  https}} (ExternalDomain is localhost): "
            "ID=QUERY-1kIjX Message=Instance not found. Make sure you got the domain right."
        )


def _host(authority: str) -> str:
    host, colon, port = authority.rpartition(":")
    return host.lower() if colon and port.isdigit() else authority.lower()
