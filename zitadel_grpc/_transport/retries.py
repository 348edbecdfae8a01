"""Which calls are sent again, and when.

What cannot reach the server (UNAVAILABLE) gRPC repeats by itself, as its service config says (gRFC A6): with
exponential backoff, and a budget for all calls to a server, so that one in trouble gets little more to do by
it. What the server refused as too much (RESOURCE_EXHAUSTED) gRPC would repeat at its own pace, so this
package repeats that, and only if the server says when.
"""

from __future__ import annotations

import functools
import pkgutil
import random

import grpc

from zitadel_grpc import catalog
from zitadel_grpc._options import Retries
from zitadel_grpc.credentials._cache import TokenCache
from zitadel_grpc.errors import RpcError

_ATTEMPTS = 4  # the first one counted in; gRPC allows 5
_POLICY = (
    f'{{"maxAttempts":{_ATTEMPTS},"initialBackoff":"0.25s","maxBackoff":"2s","backoffMultiplier":2,'
    '"retryableStatusCodes":["UNAVAILABLE"]}'
)
# A failure takes one token, a success gives a tenth back, and below half of them nothing is sent again.
_BUDGET = '{"maxTokens":100,"tokenRatio":0.1}'
_EVERY_METHOD = "[{}]"

# After these, a token that was obtained because the one before was refused is as unproven as before.
_TELL_NOTHING_OF_THE_TOKEN = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
    }
)


@functools.cache
def service_config(retries: Retries) -> str | None:
    """gRPC's service config (JSON), None if nothing is to be sent again."""
    if retries == "none":
        return None
    names = _EVERY_METHOD
    if retries == "reads":
        data = pkgutil.get_data("zitadel_grpc.api", "_reads.json")
        assert data is not None  # made together with the stubs
        names = data.decode()
    return f'{{"retryThrottling":{_BUDGET},"methodConfig":[{{"name":{names},"retryPolicy":{_POLICY}}}]}}'


class Tries:
    """The tries of one call, as far as this package makes them. `cache` is None where the call brings its own
    authorization."""

    def __init__(self, cache: TokenCache | None, retries: Retries) -> None:
        self._cache = cache
        self._retries: Retries = retries
        self._repeated = 0
        self._refused: str | None = None
        """The `authorization` that was refused as UNAUTHENTICATED; that happens once."""

    def pause_after(self, failure: RpcError, header: str | None, left: float) -> float | None:
        """Seconds after which the call may be sent again, None if it may not. It was sent with `header`, and
        has `left` seconds until its deadline."""
        code = failure.code()
        if code not in _TELL_NOTHING_OF_THE_TOKEN:
            self.succeeded(header)
        if code is grpc.StatusCode.UNAUTHENTICATED:
            return self._after_refusal(header)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and self._may_repeat(failure.rpc):
            delay = failure.retry_delay
            if delay is not None:
                delay *= random.uniform(1, 1.1)  # noqa: S311  # not all who were told the same moment at once
                if delay < left:
                    self._repeated += 1
                    return delay
        return None

    def worthwhile(self, header: str | None) -> bool:
        """Whether `header` is another than the one that was refused."""
        return header is None or header != self._refused

    def succeeded(self, header: str | None) -> None:
        """The server took `header`."""
        if self._refused is not None and self._cache is not None and header is not None:
            self._cache.accepted(header)

    def _after_refusal(self, header: str | None) -> float | None:
        if self._cache is None or header is None or self._refused is not None:
            return None
        self._refused = header
        return 0.0 if self._cache.refused(header) else None

    def _may_repeat(self, rpc: str) -> bool:
        if self._repeated + 1 >= _ATTEMPTS or self._retries == "none":
            return False
        known = catalog.get(rpc)
        return self._retries == "all" or (known is not None and known.reads)
