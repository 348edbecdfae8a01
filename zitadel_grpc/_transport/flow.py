"""Why a call is retried. All decisions about retries and rejected tokens are made here; nothing here waits.

| the attempt ended with | then |
| --- | --- |
| UNAVAILABLE | gRPC itself retries the call, as configured by `service_config`: up to 4 attempts with exponential backoff, within a budget shared by all calls to the server (gRFC A6) |
| RESOURCE_EXHAUSTED | the call is retried after the delay that the server asks for, if it ends before the deadline: up to 4 attempts. gRPC would retry at its own pace |
| UNAUTHENTICATED | the token is dropped from the cache, and the call is retried once with another one |
| anything else | the error is raised |

The first two depend on `ConnectionOptions.retries`: by default they apply to RPCs that only read. This package
never retries streams and futures.

`aio_call.AuthenticatedCall` and `sync_call.BlockingCall` send and wait. They ask a `CallFlow` what to do next.
"""  # noqa: E501

from __future__ import annotations

import functools
import logging
import pkgutil
from typing import NoReturn

import grpc

from zitadel_grpc import _tracing
from zitadel_grpc._options import Retries
from zitadel_grpc._transport.failures import no_token_in_time
from zitadel_grpc._transport.never_executed import never_executed
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.errors import RpcError, TokenEndpointError, ZitadelError

logger = logging.getLogger("zitadel_grpc.calls")
logger.addHandler(logging.NullHandler())

_ATTEMPTS = 4  # including the first; gRPC allows 5
_POLICY = (
    f'{{"maxAttempts":{_ATTEMPTS},"initialBackoff":"0.25s","maxBackoff":"2s","backoffMultiplier":2,'
    '"retryableStatusCodes":["UNAVAILABLE"]}'
)
# Each failure takes one token, each success gives 0.1 back. With 50 or fewer left, gRPC retries nothing.
_BUDGET = '{"maxTokens":100,"tokenRatio":0.1}'
_EVERY_METHOD = "[{}]"

# These codes do not show that the server accepted the token.
_TOKEN_MAY_BE_INVALID = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
    }
)


@functools.cache
def service_config(retries: Retries) -> str | None:
    """gRPC's service config (JSON) with the retry policy; None for no retries."""
    if retries == "none":
        return None
    names = _EVERY_METHOD
    if retries == "reads":
        data = pkgutil.get_data("zitadel_grpc.api", "_reads.json")
        assert data is not None  # generated together with the stubs
        names = data.decode()
    return f'{{"retryThrottling":{_BUDGET},"methodConfig":[{{"name":{names},"retryPolicy":{_POLICY}}}]}}'


class CallFlow:
    """Decides about the attempts of one call. `cache` is None if the call has its own authorization.

    After each failure, call `delay_after`, wait, get a token (or call `no_token`), call `check_resend`, and
    send the call again.
    """

    __slots__ = ("_cache", "_pushed_back", "_refused", "_retries", "_rpc", "failure")

    def __init__(self, rpc: str, cache: TokenCache | None, retries: Retries) -> None:
        self.failure: RpcError | None = None
        """The failure that caused the current retry."""
        self._rpc = rpc
        self._cache = cache
        self._retries: Retries = retries
        self._pushed_back = 0  # retries after RESOURCE_EXHAUSTED
        self._refused: str | None = None  # the `authorization` that the server rejected; only one is replaced

    def delay_after(self, failure: ZitadelError, authorization: str | None, left: float) -> float | None:
        """Seconds to wait before the call is sent again; None if `failure` must be raised. The failed attempt
        had `authorization`; the deadline is in `left` seconds."""
        if not isinstance(failure, RpcError) or failure._never_sent:
            return None
        code = failure.code()
        if code not in _TOKEN_MAY_BE_INVALID:
            self.succeeded(authorization)
        delay = None
        if code is grpc.StatusCode.UNAUTHENTICATED:
            delay = self._after_refusal(authorization)
        elif code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            delay = self._after_pushback(failure, left)
        if delay is not None:
            self.failure = failure
        return delay

    def no_token(self, error: TimeoutError | TokenEndpointError, left: float) -> NoReturn:
        """Raises the error of a call that got no token within `left` seconds. If an earlier attempt may have
        been executed, the error records that for `may_have_applied`."""
        if isinstance(error, TimeoutError):
            raise no_token_in_time(self._rpc, left, self.failure) from None
        if self.failure is None or never_executed(self.failure):
            raise error
        raise self.failure from error

    def check_resend(self, authorization: str | None) -> None:
        """Called before the call is sent again with `authorization`. Raises the failure if the server has
        already rejected that value."""
        assert self.failure is not None
        if authorization is not None and authorization == self._refused:
            raise self.failure
        code = self.failure.code()
        logger.debug("%s: retrying after %s", self._rpc, code.name)
        if (span := _tracing.current_call()) is not None:
            span.retried(code)

    def succeeded(self, authorization: str | None) -> None:
        """The server accepted `authorization`."""
        if self._refused is not None and self._cache is not None and authorization is not None:
            self._cache.accepted(authorization)

    def _after_refusal(self, authorization: str | None) -> float | None:
        if self._cache is None or authorization is None or self._refused is not None:
            return None
        self._refused = authorization
        return 0.0 if self._cache.refused(authorization) else None

    def _after_pushback(self, failure: RpcError, left: float) -> float | None:
        delay = failure.retry_delay
        if delay is None or self._pushed_back + 1 >= _ATTEMPTS or not self._may_repeat():
            return None
        import random  # imported here: few calls get this far

        delay *= random.uniform(1, 1.1)  # noqa: S311  # so that clients do not all retry at the same moment
        if delay >= left:
            return None
        self._pushed_back += 1
        return delay

    def _may_repeat(self) -> bool:
        if self._retries == "reads":
            from zitadel_grpc import catalog

            known = catalog.get(self._rpc)
            return known is not None and known.reads
        return self._retries == "all"
