"""A refresh in progress, which all callers without a usable token share."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from zitadel_grpc.credentials._refresh_context import RefreshContext
from zitadel_grpc.errors import ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc._tracing.spans import RefreshSpan


class SharedRefresh:
    """A refresh in progress, and the future that its callers wait for."""

    def __init__(self, context: RefreshContext, span: RefreshSpan | None) -> None:
        self.context = context
        self.span = span
        self.watchdog: threading.Timer | None = None
        self.hangs = False  # abandoned, but its thread has not returned yet
        self.future: Future[str] = Future()
        # Marked as running, so that no caller can cancel it for the others.
        self.future.set_running_or_notify_cancel()


def finished(result: str | ZitadelError) -> Future[str]:
    """The future of a refresh that is already done."""
    future: Future[str] = Future()
    if isinstance(result, str):
        future.set_result(result)
    else:
        future.set_exception(result)
    return future
