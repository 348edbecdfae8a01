"""Numbers and times in HTTP headers."""

from __future__ import annotations

import math
import time


def whole_number(text: str) -> float | None:
    """Parses decimal digits. None if `text` contains anything else, or is too large for a float."""
    number = float(text) if text.isdecimal() else math.inf
    return number if math.isfinite(number) else None


def moment(text: str | None) -> float | None:
    """Unix time of an HTTP date (RFC 9110 §5.6.7)."""
    import email.utils  # imported here, since it would slow down the start of every program

    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """The seconds in a Retry-After header (RFC 9110 §10.2.3), which may also be a date. A date is compared
    with the response's own `Date`, since the two clocks may differ."""
    value = (value or "").strip()
    if value.isdecimal():
        return whole_number(value)
    if (then := moment(value)) is None:
        return None
    now = moment(date)
    return max(0.0, then - (time.time() if now is None else now))
