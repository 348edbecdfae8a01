"""Projects, roles and grants as messages of the v1 APIs."""

from __future__ import annotations

from zitadel_grpc.api.project import v1 as project_v1
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._state.projects import Project, ProjectGrant, Role
from zitadel_grpc.testing._state.store import Store


def project_message(project: Project) -> project_v1.Project:
    return project_v1.Project(
        id=project.id,
        details=details_of(project.details),
        name=project.name,
        state=project_v1.ProjectState.ValueType(project.state),
        project_role_assertion=project.role_assertion,
        project_role_check=project.role_check,
        has_project_check=project.has_project_check,
        private_labeling_setting=project_v1.PrivateLabelingSetting.ValueType(project.private_labeling),
    )


def role_message(role: Role) -> project_v1.Role:
    return project_v1.Role(
        key=role.key, details=details_of(role.details), display_name=role.display_name, group=role.group
    )


def granted_project(store: Store, grant: ProjectGrant) -> project_v1.GrantedProject:
    project = store.projects[grant.project_id]
    owner = store.organizations[project.details.resource_owner]
    return project_v1.GrantedProject(
        grant_id=grant.id,
        granted_org_id=grant.granted_organization_id,
        granted_org_name=store.organizations[grant.granted_organization_id].name,
        granted_role_keys=grant.role_keys,
        state=project_v1.ProjectGrantState.ValueType(grant.state),
        project_id=project.id,
        project_name=project.name,
        project_owner_id=owner.id,
        project_owner_name=owner.name,
        details=details_of(grant.details),
    )
