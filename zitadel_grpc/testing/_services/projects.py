"""Projects, roles and grants, for all APIs."""

from __future__ import annotations

from collections.abc import Iterable

from zitadel_grpc.testing._rpc.refusals import already_exists, failed_precondition
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.projects import Project, ProjectGrant, Role
from zitadel_grpc.testing._state.resources import State


def check_project_name(call: Call, name: str, *, owner: str, project: Project | None = None) -> None:
    """Raises Refusal if another project of the organization has this name."""
    if any(
        (each.name, each.details.resource_owner) == (name, owner) and each is not project
        for each in call.store.projects.values()
    ):
        raise already_exists("Project already exists on organization", "V3-DKcYh")


def add_project(call: Call, name: str, *, owner: str, project_id: str = "") -> Project:
    check_project_name(call, name, owner=owner)
    project = Project(project_id or call.store.new_id(), call.store.new_details(owner), name)
    call.store.projects[project.id] = project
    return project


def deactivate_project(call: Call, project: Project) -> None:
    if project.state is not State.ACTIVE:
        raise failed_precondition("Project is not active", "COMMAND-mki55")
    project.state = State.INACTIVE
    call.store.touch(project.details)


def activate_project(call: Call, project: Project) -> None:
    if project.state is not State.INACTIVE:
        raise failed_precondition("Project is not deactivated", "COMMAND-5M9bs")
    project.state = State.ACTIVE
    call.store.touch(project.details)


def add_role(call: Call, project: Project, key: str, display_name: str, group: str) -> Role:
    if key in project.roles:
        raise already_exists("Role already exists", "V3-DKcYh")
    role = Role(key, call.store.new_details(project.details.resource_owner), display_name, group)
    project.roles[key] = role
    return role


def remove_role(call: Call, project: Project, key: str) -> None:
    """Removes the role from all grants too."""
    call.store.remove(project.roles, key)
    call.store.remove_role_from_grants(project.id, key)


def add_project_grant(
    call: Call, project: Project, organization_id: str, role_keys: Iterable[str]
) -> ProjectGrant:
    """Grants the project to another organization."""
    if all(each.id != organization_id for each in call.store.present_organizations()):
        raise failed_precondition("Organisation not found", "COMMAND-3m9gg")
    keys = _checked_roles(project, role_keys)
    owner = project.details.resource_owner
    if organization_id == owner:
        raise failed_precondition("Project grant is invalid", "PROJECT-ckUpbvboAH")
    if call.store.project_grant_to(project.id, organization_id):
        raise already_exists("Project Grant already exists", "V3-DKcYh")
    details = call.store.new_details(owner)
    grant = ProjectGrant(call.store.new_id(), project.id, details, organization_id, keys)
    call.store.project_grants[grant.id] = grant
    return grant


def update_project_grant(call: Call, grant: ProjectGrant, role_keys: Iterable[str]) -> None:
    """Removes dropped roles from users who got them through this grant. An unchanged list is not an error."""
    keys = _checked_roles(call.store.projects[grant.project_id], role_keys)
    if keys == grant.role_keys:
        return
    for given in call.store.user_grants.values():
        if given.project_grant_id == grant.id and not set(given.role_keys) <= set(keys):
            given.role_keys = [key for key in given.role_keys if key in keys]
            call.store.touch(given.details)
    grant.role_keys = keys
    call.store.touch(grant.details)


def set_project_grant_state(call: Call, grant: ProjectGrant, state: State) -> None:
    """An unchanged state is not an error."""
    if grant.state is not state:
        grant.state = state
        call.store.touch(grant.details)


def _checked_roles(project: Project, role_keys: Iterable[str]) -> list[str]:
    """Returns the roles. Raises Refusal for roles that the project does not have."""
    keys = list(role_keys)
    if not set(keys) <= project.roles.keys():
        raise failed_precondition("Errors.Project.Role.NotFound", "COMMAND-6m9gd")
    return keys
