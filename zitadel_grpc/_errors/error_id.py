"""ZITADEL's error ids, such as `QUERY-Dfbg2`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message

# The patterns are compiled at the first failure, not at the start of every program.
# "User could not be found (QUERY-Dfbg2)"; "unable to …: ID=QUERY-1kIjX Message=Instance not found. …"
_IN_TEXT = r"\(([A-Za-z0-9]+-[A-Za-z0-9]+)\)$|\bID=([A-Za-z0-9]+-[A-Za-z0-9]+) Message="
# A server, or whatever responds in its place, may send anything as an id.
_VALID = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}"


def find_error_id(text: str, details: Iterable[Message]) -> str | None:
    """The error id in the decoded details of a response, else in its text, else None."""
    for detail in details:
        given = str(getattr(detail, "id", "") or getattr(detail, "slug", ""))
        if detail.DESCRIPTOR.full_name.startswith("zitadel.") and re.fullmatch(_VALID, given):
            return given
    found = re.search(_IN_TEXT, text)
    given = found[1] or found[2] if found else ""
    return given if re.fullmatch(_VALID, given) else None


def without_error_id(text: str) -> str:
    return re.sub(_IN_TEXT, "", text).rstrip()
