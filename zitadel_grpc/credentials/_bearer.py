"""Tokens that the user passes as text."""

from __future__ import annotations

from zitadel_grpc._misplaced import trimmed
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.errors import ConfigurationError, CredentialsError


def bearer_token(given: object, name: str) -> Token:
    """Converts a str or a Token to a Token. Raises CredentialsError, which calls it `name`."""
    problem = f"must be a str or a Token, not {type(given).__name__}"
    try:
        if isinstance(given, str):
            return Token(trimmed(given))
        if isinstance(given, Token):
            return given
    except ConfigurationError:
        problem = (
            "is empty or contains whitespace or non-ASCII characters; pass the token alone, without 'Bearer'"
        )
    raise CredentialsError(f"{name} {problem}")
