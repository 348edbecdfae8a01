"""ZITADEL's reserved scopes, by name instead of by URN (ZITADEL's documentation, "Reserved Scopes")."""

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
ZITADEL_AUDIENCE = "urn:zitadel:iam:org:project:id:zitadel:aud"
"""Puts ZITADEL's own project into the token's audience: without it its APIs refuse the token."""
REQUIRED = (OPENID, ZITADEL_AUDIENCE)
PROJECTS_ROLES = "urn:zitadel:iam:org:projects:roles"
"""The roles in all projects of the audience are asserted."""
USER_METADATA = "urn:zitadel:iam:user:metadata"
RESOURCE_OWNER = "urn:zitadel:iam:user:resourceowner"
"""Id, name and primary domain of the user's organization are asserted."""


def project_audience(project_id: str) -> str:
    """Adds a project to the token's audience, so that its services accept the token."""
    return f"urn:zitadel:iam:org:project:id:{_part(project_id)}:aud"


def project_role(role_key: str) -> str:
    """Asserts this role of the requesting client's project, if the user has it."""
    return f"urn:zitadel:iam:org:project:role:{_part(role_key)}"


def organization(org_id: str) -> str:
    """Only users of this organization get a token."""
    return f"urn:zitadel:iam:org:id:{_part(org_id)}"


def organization_domain(primary_domain: str) -> str:
    """Only users of the organization with this primary domain get a token."""
    return f"urn:zitadel:iam:org:domain:primary:{_part(primary_domain)}"


def organization_roles(org_id: str) -> str:
    """Limits the asserted roles to those granted in this organization."""
    return f"urn:zitadel:iam:org:roles:id:{_part(org_id)}"


def identity_provider(idp_id: str) -> str:
    """Sends a human user straight to this identity provider."""
    return f"urn:zitadel:iam:org:idp:id:{_part(idp_id)}"


def join(scopes: Iterable[str] = (), project_ids: Iterable[str] = ()) -> str:
    """The `scope` of a token request (RFC 6749 §3.3): what ZITADEL's APIs need, then the rest, each once.

    Raises ConfigurationError for a scope that is empty or holds white space.
    """
    for name, given in (("scopes", scopes), ("project_ids", project_ids)):
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise ConfigurationError(
                f"{name} must be a sequence of str, such as a list, not a {type(given).__name__}"
            )
    wanted = [*REQUIRED, *map(_part, scopes), *map(project_audience, project_ids)]
    return " ".join(dict.fromkeys(wanted))


def _part(value: str) -> str:
    value = trimmed(value) if isinstance(value, str) else value
    # RFC 6749 §3.3: visible ASCII but quote and backslash.
    if not isinstance(value, str) or not value or any(not "!" <= c <= "~" or c in '"\\' for c in value):
        raise ConfigurationError(
            "a scope or project id is not valid: it must be a str without whitespace, quotes or backslashes"
        )
    if is_secret_like(value):
        raise ConfigurationError("a scope or project id is not valid: it looks like a token or a key")
    return value
