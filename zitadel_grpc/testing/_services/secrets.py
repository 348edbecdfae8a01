"""Client secrets."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 64


def new_secret() -> str:
    """64 letters and digits, as in ZITADEL."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
