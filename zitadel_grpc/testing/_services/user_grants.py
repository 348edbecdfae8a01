"""Grants of project roles to users: user grants in v1, authorizations in v2."""

from __future__ import annotations

from collections.abc import Iterable

from zitadel_grpc.testing._rpc.refusals import already_exists, failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._services.lookups import existing_user
from zitadel_grpc.testing._state.projects import UserGrant


def add_user_grant(
    call: Call, user_id: str, project_id: str, project_grant_id: str, role_keys: Iterable[str], *, owner: str
) -> UserGrant:
    """Raises Refusal if the user, project or a role is unknown, or if the user has a grant of the project."""
    existing_user(call, user_id, "COMMAND-4f8sg")
    keys = _checked_roles(call, project_id, project_grant_id, role_keys, owner=owner)
    if any(
        (grant.user_id, grant.project_id, grant.project_grant_id) == (user_id, project_id, project_grant_id)
        for grant in call.store.user_grants.values()
    ):
        raise already_exists("User grant already exists", "V3-DKcYh")
    store = call.store
    grant = UserGrant(store.new_id(), store.new_details(owner), user_id, project_id, project_grant_id, keys)
    store.user_grants[grant.id] = grant
    return grant


def update_user_grant(call: Call, grant: UserGrant, role_keys: Iterable[str]) -> None:
    owner = grant.details.resource_owner
    grant.role_keys = _checked_roles(call, grant.project_id, grant.project_grant_id, role_keys, owner=owner)
    call.store.touch(grant.details)


def _checked_roles(
    call: Call, project_id: str, project_grant_id: str, role_keys: Iterable[str], *, owner: str
) -> list[str]:
    """The roles of the organization's own project, or of the grant of another organization's project."""
    project = call.store.projects.get(project_id)
    if project is None or (not project_grant_id and project.details.resource_owner != owner):
        raise failed_precondition("Project not found", "COMMAND-3n77S")
    known = set(project.roles)
    if project_grant_id:
        grant = call.store.project_grants.get(project_grant_id)
        if grant is None or (grant.project_id, grant.granted_organization_id) != (project_id, owner):
            raise failed_precondition("Project grant not found", "COMMAND-4m9ff")
        known &= set(grant.role_keys)
    keys = list(role_keys)
    if not set(keys) <= known:
        raise failed_precondition("Errors.Project.Role.NotFound", "COMMAND-mm9F4")
    return keys


def user_grant_of(call: Call, grant_id: str, error_id: str) -> UserGrant:
    if (grant := call.store.user_grants.get(grant_id)) is None:
        raise not_found("User grant not found", error_id)
    return grant
