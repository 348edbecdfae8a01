"""One refresh of a token cache while it runs, as those see it who wait for it."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from zitadel_grpc.credentials._base import RefreshContext
from zitadel_grpc.errors import ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import RefreshSpan


class Running:
    """A refresh that runs, and the future of those who wait for it."""

    def __init__(self, refresh: RefreshContext, span: RefreshSpan | None) -> None:
        self.refresh = refresh
        self.span = span
        self.watchdog: threading.Timer | None = None
        self.hangs = False  # was given up, and did not return yet
        self.future: Future[str] = Future()
        # Running from the start: a waiter that goes away must not be able to cancel it for the others.
        self.future.set_running_or_notify_cancel()


def ended(outcome: str | ZitadelError) -> Future[str]:
    """The future of a refresh that is over."""
    future: Future[str] = Future()
    if isinstance(outcome, str):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
    return future
