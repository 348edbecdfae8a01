"""ZITADEL's default password policy."""

from __future__ import annotations

from collections.abc import Callable

from zitadel_grpc.testing._rpc.refusals import invalid_argument

_RULES: tuple[tuple[Callable[[str], bool], str, str], ...] = (
    (lambda password: len(password.encode()) >= 8, "Password is too short", "COMMA-HuJf6"),
    (lambda password: any(map(str.islower, password)), "Password must contain lower case", "COMMA-co3Xw"),
    (lambda password: any(map(str.isupper, password)), "Password must contain upper case", "COMMA-VoaRj"),
    (lambda password: any(map(str.isdigit, password)), "Password must contain number", "COMMA-ZBv4H"),
    (lambda password: not password.isalnum(), "Password must contain symbol", "COMMA-ZDLwA"),
)


def check_password(password: str) -> None:
    """Raises Refusal for the first rule that the password breaks."""
    for keeps, message, error_id in _RULES:
        if not keeps(password):
            raise invalid_argument(message, error_id)
