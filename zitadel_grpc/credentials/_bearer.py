"""Tokens that the user passes as text."""

from __future__ import annotations

from zitadel_grpc._misplaced import trimmed
from zitadel_grpc.credentials._token import Token
from zitadel_grpc.errors import ConfigurationError, CredentialsError


def bearer_token(given: object, name: str) -> Token:
    """`given`, text or a Token, as a Token. Raises CredentialsError that names it `name`."""
    fault = f"must be a str or a Token, not {type(given).__name__}"
    try:
        if isinstance(given, str):
            return Token(trimmed(given))
        if isinstance(given, Token):
            return given
    except ConfigurationError:
        fault = (
            "is empty or contains whitespace or non-ASCII characters; pass the token alone, without 'Bearer'"
        )
    raise CredentialsError(f"{name} {fault}")
