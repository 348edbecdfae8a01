"""What to do when the token endpoint refuses a service user: it names the fault in a word at most."""

from __future__ import annotations

from zitadel_grpc.credentials._token_endpoint import Refused
from zitadel_grpc.errors import CredentialsError

_CLIENT_ID = (
    "The client id of a service user is its user name, as ZITADEL shows it together with the secret, not its "
    "user id. The id of an application does not work here"
)
_WRONG = (
    "Generating a secret replaces the previous one: use the latest secret, without the white space or quotes "
    "that copying may have added"
)
_NOT_GENERATED = (
    "This user has no secret, or it was generated a moment ago: ZITADEL may take some seconds to accept a "
    "new secret. Retry, or generate a new one"
)
_INACTIVE = "The user is deactivated or locked: reactivate it, or use another service user"
# By what the description says, else by the error code; ZITADEL has translated some descriptions.
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


def of_client(refused: Refused, client_id: str) -> CredentialsError:
    """The refusal of a service user's client id and secret, with what to do about it."""
    hint = next((hint for said, hint in _HINTS.items() if said in refused.description), None)
    hint = hint or _HINTS.get(refused.error or "", "")
    # Not quoted: it may be the secret, if the two were mixed up.
    if hint.startswith(_CLIENT_ID) and client_id.isdecimal():
        hint = hint.replace("not its user id", "not its user id (this one has only digits)", 1)
    return _told(refused, hint)


def of_user(refused: Refused) -> CredentialsError:
    """The refusal of a user who proved itself, with what to do about it."""
    return _told(refused, _INACTIVE if "Errors.User.NotActive" in refused.description else "")


def _told(refused: Refused, hint: str) -> CredentialsError:
    return CredentialsError(f"{refused}. {hint}" if hint else str(refused), error=refused.error)
