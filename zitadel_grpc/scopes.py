"""ZITADEL's reserved scopes by name (see "Reserved Scopes" in ZITADEL's documentation)."""

from __future__ import annotations

from collections.abc import Iterable

from zitadel_grpc._misplaced import is_secret_like, trimmed
from zitadel_grpc.errors import ConfigurationError

__all__ = [
    "OPENID",
    "PROJECTS_ROLES",
    "REQUIRED",
    "RESOURCE_OWNER",
    "USER_METADATA",
    "ZITADEL_AUDIENCE",
    "identity_provider",
    "join",
    "organization",
    "organization_domain",
    "organization_roles",
    "project_audience",
    "project_role",
]

OPENID = "openid"
"""Required by ZITADEL (OpenID Connect)."""
ZITADEL_AUDIENCE = "urn:zitadel:iam:org:project:id:zitadel:aud"
"""Adds ZITADEL's own project to the token's audience. ZITADEL's APIs refuse tokens without it."""
REQUIRED = (OPENID, ZITADEL_AUDIENCE)
"""What ZITADEL's APIs need; credentials always request them."""
PROJECTS_ROLES = "urn:zitadel:iam:org:projects:roles"
"""Adds the roles in all projects of the audience to the token."""
USER_METADATA = "urn:zitadel:iam:user:metadata"
"""Adds the user's metadata to the token."""
RESOURCE_OWNER = "urn:zitadel:iam:user:resourceowner"
"""Adds id, name and primary domain of the user's organization to the token."""


def project_audience(project_id: str) -> str:
    """Adds a project to the token's audience, so that the project's services accept the token."""
    return f"urn:zitadel:iam:org:project:id:{_part(project_id)}:aud"


def project_role(role_key: str) -> str:
    """Adds this role of the requesting client's project to the token, if the user has it."""
    return f"urn:zitadel:iam:org:project:role:{_part(role_key)}"


def organization(org_id: str) -> str:
    """Issues a token only to users of this organization."""
    return f"urn:zitadel:iam:org:id:{_part(org_id)}"


def organization_domain(primary_domain: str) -> str:
    """Issues a token only to users of the organization with this primary domain."""
    return f"urn:zitadel:iam:org:domain:primary:{_part(primary_domain)}"


def organization_roles(org_id: str) -> str:
    """Limits the roles in the token to those granted in this organization."""
    return f"urn:zitadel:iam:org:roles:id:{_part(org_id)}"


def identity_provider(idp_id: str) -> str:
    """Sends a human user directly to this identity provider."""
    return f"urn:zitadel:iam:org:idp:id:{_part(idp_id)}"


def join(scopes: Iterable[str] = (), project_ids: Iterable[str] = ()) -> str:
    """Returns the `scope` of a token request (RFC 6749 §3.3): `REQUIRED`, then the others, each only once.

    Raises ConfigurationError if a scope is empty or contains whitespace.
    """
    for name, given in (("scopes", scopes), ("project_ids", project_ids)):
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise ConfigurationError(
                f"{name} must be a sequence of str, such as a list, not {type(given).__name__}"
            )
    wanted = [*REQUIRED, *map(_part, scopes), *map(project_audience, project_ids)]
    return " ".join(dict.fromkeys(wanted))


def _part(value: str) -> str:
    value = trimmed(value) if isinstance(value, str) else value
    # RFC 6749 §3.3: visible ASCII except quote and backslash.
    if not isinstance(value, str) or not value or any(not "!" <= c <= "~" or c in '"\\' for c in value):
        raise ConfigurationError(
            "a scope or project id is not valid: it must be a str without whitespace, quotes or backslashes"
        )
    if is_secret_like(value):
        raise ConfigurationError("a scope or project id is not valid: it looks like a token or a key")
    return value
