"""Claims about a user for the scopes of a token."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

from zitadel_grpc.testing._state.projects import UserGrant
from zitadel_grpc.testing._state.resources import State
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._state.users import User
from zitadel_grpc.testing._tokens import audience_of

ALL_ROLES_SCOPE = "urn:zitadel:iam:org:projects:roles"
ROLE_SCOPE = "urn:zitadel:iam:org:project:role:"

Claims = dict[str, object]
Roles = dict[str, dict[str, str]]
"""Maps roles to the organizations that granted them and their primary domains."""


def user_claims(
    store: Store, user: User, scopes: Sequence[str], *, project_id: str | None, role_assertion: bool
) -> Claims:
    """`project_id` is the client's project; `role_assertion` is the client's setting to always get roles."""
    claims: Claims = {}
    if "profile" in scopes:
        claims |= _profile(user)
    if "email" in scopes and user.human:
        claims |= {"email": user.human.email, "email_verified": user.human.email_verified}
    if "phone" in scopes and user.human and user.human.phone:
        claims |= {"phone_number": user.human.phone, "phone_number_verified": user.human.phone_verified}
    if "urn:zitadel:iam:user:resourceowner" in scopes:
        claims |= _resource_owner(store, user)
    if "urn:zitadel:iam:user:metadata" in scopes and (metadata := _metadata(store, user)):
        claims["urn:zitadel:iam:user:metadata"] = metadata
    return claims | _role_claims(store, user, scopes, project_id, role_assertion)


def _profile(user: User) -> Claims:
    claims: Claims = {
        "name": user.display_name,
        "preferred_username": user.user_name,
        "updated_at": int(user.details.change_date.timestamp()),
    }
    if user.human:
        claims |= {
            "given_name": user.human.first_name,
            "family_name": user.human.last_name,
            "locale": user.human.preferred_language or None,
        }
        if user.human.nick_name:
            claims["nickname"] = user.human.nick_name
    return claims


def _resource_owner(store: Store, user: User) -> Claims:
    organization = store.organizations[user.details.resource_owner]
    return {
        "urn:zitadel:iam:user:resourceowner:id": organization.id,
        "urn:zitadel:iam:user:resourceowner:name": organization.name,
        "urn:zitadel:iam:user:resourceowner:primary_domain": organization.primary_domain,
    }


def _metadata(store: Store, user: User) -> dict[str, str]:
    return {
        entry.key: base64.urlsafe_b64encode(entry.value).rstrip(b"=").decode()
        for entry in store.metadata.values()
        if entry.user_id == user.id
    }


def _role_claims(
    store: Store, user: User, scopes: Sequence[str], project_id: str | None, role_assertion: bool
) -> Claims:
    wanted = {scope.removeprefix(ROLE_SCOPE) for scope in scopes if scope.startswith(ROLE_SCOPE)}
    projects: list[str] = []
    if wanted or ALL_ROLES_SCOPE in scopes:
        projects = audience_of(scopes, store.instance.project_id)
    if project_id and (role_assertion or wanted or projects):
        projects.append(project_id)
    claims: Claims = {}
    for project in dict.fromkeys(projects):
        grants = (grant for grant in store.user_grants.values() if _counts(grant, user, project))
        if not (roles := _roles(store, grants, wanted)):
            continue
        claims[f"urn:zitadel:iam:org:project:{project}:roles"] = roles
        if project == project_id:
            claims["urn:zitadel:iam:org:project:roles"] = roles
    return claims


def _counts(grant: UserGrant, user: User, project_id: str) -> bool:
    return (grant.user_id, grant.project_id, grant.state) == (user.id, project_id, State.ACTIVE)


def _roles(store: Store, grants: Iterable[UserGrant], wanted: set[str]) -> Roles:
    roles: Roles = {}
    for grant in grants:
        organization = store.organizations[grant.details.resource_owner]
        for role in grant.role_keys:
            if not wanted or role in wanted:
                roles.setdefault(role, {})[organization.id] = organization.primary_domain
    return roles
