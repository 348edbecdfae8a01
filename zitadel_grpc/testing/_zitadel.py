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
    """A gRPC call as the server saw it. Of authorization metadata only the scheme is kept."""

    rpc: str
    code: grpc.StatusCode
    details: str
    metadata: tuple[tuple[str, str], ...]
    request: Any = field(repr=False)
    """The request message, or None if the call failed before it was decoded."""
    user_id: str | None
    """The caller, or None if the call failed before authentication."""
    seconds: float
    """The time from the whole request to the response."""


@dataclass(slots=True)
class Zitadel:
    store: Store
    issuer: Issuer
    faults: Faults
    calls: deque[RecordedCall] = field(default_factory=lambda: deque(maxlen=_CALLS_KEPT))
    token_requests: int = 0
    under_way: int = 0
    """Calls without a response so far."""
    projections: Projections = field(default_factory=Projections)

    @property
    def projected(self) -> Zitadel:
        """What lists, permissions and the token endpoint see: delayed by the fault `projection_lag`."""
        lag = self.faults.projection_lag
        return replace(self, store=self.projections.seen(self.store, lag)) if lag else self

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Wraps everything that may write, so that projections follow."""
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
        """Returns ZITADEL's error for a host that no instance has, or None.

        ZITADEL finds the instance by x-zitadel-instance-host, or else by the request's authority.
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
