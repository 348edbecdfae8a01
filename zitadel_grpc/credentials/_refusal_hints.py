"""Hints for a service user whom the token endpoint refuses. Its response says little about the reason."""

from __future__ import annotations

from zitadel_grpc.credentials._token_endpoint import Refused
from zitadel_grpc.errors import CredentialsError

_CLIENT_ID = (
    "The client id of a service user is its user name, which ZITADEL shows with the secret, not its user id. "
    "The client id of an application does not work here"
)
_WRONG = (
    "A new secret replaces the previous one: use the latest secret, without whitespace or quotes that were "
    "copied with it"
)
_NOT_GENERATED = (
    "This user has no secret, or a new one that ZITADEL does not accept yet. Retry in a few seconds, or "
    "generate a secret"
)
_INACTIVE = "The user is deactivated or locked: reactivate it, or use another service user"
# The first key found in the description applies, else the error code: ZITADEL translates some descriptions.
_HINTS = {
    "Secret.NotExisting": _NOT_GENERATED,
    "Secret.Invalid": _WRONG,
    "Errors.User.NotActive": _INACTIVE,
    "User.NotFound": _CLIENT_ID,
    "client not found": _CLIENT_ID,
    "invalid_client": f"{_CLIENT_ID}. {_WRONG}",
    "unauthorized_client": f"{_CLIENT_ID}. {_WRONG}",
    "invalid_grant": f"{_CLIENT_ID}. {_WRONG}. Check that the user is active",
}


def for_client(refused: Refused, client_id: str) -> CredentialsError:
    """The error for a refused client id and secret, with a hint."""
    hint = next((hint for text, hint in _HINTS.items() if text in refused.description), None)
    hint = hint or _HINTS.get(refused.error or "", "")
    # The id is not quoted: id and secret may have been swapped.
    if hint.startswith(_CLIENT_ID) and client_id.isdecimal():
        hint = hint.replace("not its user id", "not its user id (this one has only digits)", 1)
    return _with_hint(refused, hint)


def for_user(refused: Refused) -> CredentialsError:
    """The error for a refused user whose key or token was valid, with a hint."""
    return _with_hint(refused, _INACTIVE if "Errors.User.NotActive" in refused.description else "")


def _with_hint(refused: Refused, hint: str) -> CredentialsError:
    return CredentialsError(f"{refused}. {hint}" if hint else str(refused), error=refused.error)
