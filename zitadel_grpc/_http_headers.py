"""Numbers and times in HTTP headers."""

from __future__ import annotations

import math
import time


def whole_number(text: str) -> float | None:
    """A number in decimal digits, as long as they like; None if it is none, or beyond all bounds."""
    number = float(text) if text.isdecimal() else math.inf
    return number if math.isfinite(number) else None


def moment(text: str | None) -> float | None:
    """Unix time of an HTTP date (RFC 9110 §5.6.7)."""
    import email.utils  # here: with all that it imports in turn, it would slow the start of every program

    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after(said: str | None, date: str | None = None) -> float | None:
    """The seconds of a Retry-After header (RFC 9110 §10.2.3), which may also hold a date. That one is counted
    from the response's own `Date`, since the two clocks may differ."""
    said = (said or "").strip()
    if said.isdecimal():
        return whole_number(said)
    if (then := moment(said)) is None:
        return None
    now = moment(date)
    return max(0.0, then - (time.time() if now is None else now))
