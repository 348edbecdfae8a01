"""One refresh of a token: fetches it, and retries failures that may be temporary."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from zitadel_grpc._errors.frames import clear_frames
from zitadel_grpc.credentials._cached_token import CachedToken
from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.errors import ConfigurationError, CredentialsError, TokenEndpointError, ZitadelError

logger = logging.getLogger("zitadel_grpc.credentials")
logger.addHandler(logging.NullHandler())

_TOO_MANY_REQUESTS = 429

Fetch = Callable[[RefreshContext], Token]


def refresh_token(
    fetch: Fetch, context: RefreshContext, name: str, policy: RefreshPolicy
) -> CachedToken | ZitadelError:
    """The token that `fetch` returns, or the error. Blocks until the deadline of `context` at the latest.
    `name` identifies the token in logs and errors."""
    try:
        return _retried(fetch, context, name, policy)
    except (CredentialsError, TokenEndpointError, ConfigurationError) as error:
        clear_frames(error)
        return error
    except BaseException as error:
        # A user's function failed, perhaps with SystemExit, and the waiting calls need an error. They get the
        # original exception only as `__cause__`, since its text may contain a secret.
        failure = CredentialsError(f"{name}: fetching a token failed with {type(error).__name__}")
        clear_frames(error)
        failure.__cause__ = error
        return failure


def _retried(fetch: Fetch, context: RefreshContext, name: str, policy: RefreshPolicy) -> CachedToken:
    attempt = 0
    while True:
        attempt += 1
        requested_at = time.monotonic()
        try:
            return CachedToken(fetch(context), requested_at, time.monotonic(), policy)
        except TokenEndpointError as error:
            pause = _pause(error, attempt, policy)
            if pause is None or max(pause, policy.request_interval) >= context.remaining():
                raise
            logger.debug("%s: no token yet, next attempt in %.1f s: %s", name, pause, error)
        time.sleep(pause)


def _pause(error: TokenEndpointError, attempt: int, policy: RefreshPolicy) -> float | None:
    """Seconds until the next attempt; None if there must be none."""
    if not error.retryable or attempt == policy.max_attempts:
        return None
    if error.retry_after is not None:
        return max(0.0, min(error.retry_after, policy.retry_after_limit))
    if error.status == _TOO_MANY_REQUESTS:
        return None  # the server asked for no delay, and a retry would only add to its load
    import random  # imported here: programs with a static token never need it

    backoff = random.uniform(0, policy.first_backoff * 2**attempt)  # noqa: S311
    return min(backoff, policy.retry_after_limit)
