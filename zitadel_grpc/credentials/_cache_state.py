"""CacheState: what a token cache knows and decides. It waits for nothing and starts nothing."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime

from zitadel_grpc.credentials._cached_token import CachedToken, TokenState
from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

LogEntry = tuple[int, str]


class CacheState:
    """The token, the latest error, and when to send the next request. The lock of the cache guards it."""

    def __init__(
        self, name: str, policy: RefreshPolicy, token: CachedToken | None, *, renewable: bool
    ) -> None:
        self.token = token
        self._name = name
        self._policy = policy
        self._renewable = renewable
        self._error: ZitadelError | None = None
        self._error_until = 0.0
        self._next_request_at = 0.0
        self._next_renewal_at = 0.0
        self._failures = 0  # since the latest token
        self._refreshes = 0
        self._refreshed_at: datetime | None = None
        self._warned = False
        self._was_refused = False

    def usable_token(self, now: float) -> CachedToken | None:
        token = self.token
        return None if token is None or token.state(now) is TokenState.INVALID else token

    def recent_error(self, now: float) -> ZitadelError | None:
        """The error to raise again without another request."""
        return self._error if now < self._error_until else None

    def renewal_due(self, now: float) -> bool:
        """Whether a background renewal may start. After failures, renewals pause."""
        return now >= self._next_renewal_at

    def reserve_request(self, now: float, deadline: float) -> float | None:
        """When the next request may start; None if that is not before `deadline`."""
        start = max(now, self._next_request_at)
        if start >= deadline:
            return None
        self._next_request_at = start + self._policy.request_interval
        return start

    def succeeded(self, token: CachedToken, now: float) -> LogEntry:
        """Stores a new token."""
        token.replaces_refused, self._was_refused = self._was_refused, False
        self.token = token
        self._error, self._error_until = None, 0.0
        self._refreshes += 1
        self._refreshed_at = datetime.now(UTC)
        self._failures, self._next_renewal_at = 0, 0.0
        warned, self._warned = self._warned, False
        if warned:
            return logging.INFO, f"{self._name}: token renewal works again"
        valid = f", valid for {token.invalid_at - now:.0f} s" if token.invalid_at < math.inf else ""
        return logging.DEBUG, f"{self._name}: obtained a token{valid}"

    def failed(self, error: ZitadelError, now: float) -> LogEntry:
        """Records a failed refresh."""
        import random  # imported here: programs with a static token never need it

        self._failures += 1
        hold = self._hold(error)
        self._error, self._error_until = error, now + hold
        longest = min(self._policy.renewal_backoff_limit, 2.0 ** min(self._failures, 10))
        self._next_renewal_at = now + max(hold, random.uniform(0, longest))  # noqa: S311
        token = self.usable_token(now)
        if token is None or self._warned:
            return logging.DEBUG, f"{self._name}: no token: {error}"
        self._warned = True
        valid = f", valid for {token.invalid_at - now:.0f} s" if token.invalid_at < math.inf else ""
        return (
            logging.WARNING,
            f"{self._name}: cannot renew the token; calls still use the current one{valid}: {error}",
        )

    def _hold(self, error: ZitadelError) -> float:
        """The seconds for which callers get `error` again without another request."""
        policy = self._policy
        if not isinstance(error, TokenEndpointError) or not error.retryable:
            return policy.refusal_hold
        if error.retry_after is None:
            return policy.failure_hold
        return min(max(error.retry_after, policy.failure_hold), policy.retry_after_limit)

    def refused(self, header: str, now: float) -> bool:
        """The server refused `header`: drops that token. False if a new token would not help."""
        token = self.token
        if not self._renewable:
            return False
        if token is not None and token.header == header:
            if token.replaces_refused and now < token.obtained_at + self._policy.refusal_hold:
                return False  # two in a row: do not send a token request for each call
            self.token = None
            self._was_refused = True
        return True

    def history(self) -> tuple[int, datetime | None, int]:
        """How many tokens were obtained, when the latest was, and how many refreshes failed since."""
        return self._refreshes, self._refreshed_at, self._failures
