"""Logs one line per call at INFO, without secrets. `zitadel-grpc emulator` shows it."""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("zitadel_grpc.testing.calls")


def log(outcome: str, what: str, *, who: str | None, seconds: float, details: str = "") -> None:
    """`outcome` is a status, `what` an RPC or a path. Non-printable characters are escaped."""
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    line = f"{seconds * 1000:7.1f} ms  {outcome:<18} {what}"
    line += f" by {who}" if who else ""
    line += f": {details}" if details else ""
    LOGGER.info("%s", "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line))
