"""One refresh of a token: tried again while what stands in its way may pass."""

from __future__ import annotations

import http
import logging
import random
import time
from collections.abc import Callable

from zitadel_grpc._errors.frames import clear_frames
from zitadel_grpc.credentials._base import RefreshContext, Token
from zitadel_grpc.credentials._life import HeldToken
from zitadel_grpc.errors import ConfigurationError, CredentialsError, TokenEndpointError, ZitadelError

logger = logging.getLogger("zitadel_grpc.credentials")
logger.addHandler(logging.NullHandler())

_ATTEMPTS = 4
_FIRST_BACKOFF = 0.25  # seconds
RETRY_AFTER_LIMIT = 30.0  # seconds; a server that says more is asked again then


def outcome(
    obtain: Callable[[RefreshContext], Token],
    refresh: RefreshContext,
    name: str,
    renew_after: float,
    spacing: float,
) -> HeldToken | ZitadelError:
    """The token that `obtain` makes, or why there is none; blocks while `refresh` lasts. `name` says whose it
    is in logs and errors, `renew_after` when to ask anew at the latest, and `spacing` how far apart `obtain`
    keeps its requests, both in seconds."""
    try:
        return _attempts(obtain, refresh, name, renew_after, spacing)
    except (CredentialsError, TokenEndpointError, ConfigurationError) as error:
        clear_frames(error)
        return error
    except BaseException as error:
        # A user's own function failed, with SystemExit even: waiters must hear of it. Its exception is
        # told as the cause, since its text may hold anything.
        failure = CredentialsError(f"{name}: obtaining a token failed with {type(error).__name__}")
        clear_frames(error)
        failure.__cause__ = error
        return failure


def _attempts(
    obtain: Callable[[RefreshContext], Token],
    refresh: RefreshContext,
    name: str,
    renew_after: float,
    spacing: float,
) -> HeldToken:
    attempt = 0
    while True:
        attempt += 1
        requested_at = time.monotonic()
        try:
            return HeldToken.of(obtain(refresh), requested_at, time.monotonic(), renew_after)
        except TokenEndpointError as error:
            pause = error.retry_after
            if pause is None:
                if error.status == http.HTTPStatus.TOO_MANY_REQUESTS:
                    raise  # to come again unbidden would be one more of them
                pause = random.uniform(0, _FIRST_BACKOFF * 2**attempt)  # noqa: S311
            pause = min(pause, RETRY_AFTER_LIMIT)
            if not error.retryable or attempt == _ATTEMPTS or max(pause, spacing) >= refresh.remaining():
                raise
            logger.debug("%s: no token yet, the next try is in %.1f s: %s", name, pause, error)
        time.sleep(max(0, pause))
