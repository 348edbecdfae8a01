"""Projects, their roles and grants."""

from __future__ import annotations

import pytest

from tests.behaviour.sandbox import Sandbox, new_name
from tests.behaviour.waiting import eventually
from zitadel_grpc.api.app.v1 import APIAuthMethodType
from zitadel_grpc.api.auth.v1 import ListMyUserGrantsRequest
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.errors import AlreadyExists, FailedPrecondition, NotFound


async def test_a_project_has_the_roles_that_were_added(sandbox: Sandbox) -> None:
    api, project_id = sandbox.client.management, await sandbox.add_project("reader", "writer")
    request = management.ListProjectRolesRequest(project_id=project_id)
    await eventually(
        lambda: api.ListProjectRoles(request),
        lambda found: {role.key for role in found.result} == {"reader", "writer"},
    )
    with pytest.raises(AlreadyExists):
        await api.AddProjectRole(
            management.AddProjectRoleRequest(project_id=project_id, role_key="reader", display_name="again")
        )


async def test_a_user_is_granted_roles_of_a_project_and_loses_one_with_the_role(sandbox: Sandbox) -> None:
    api, project_id = sandbox.client.management, await sandbox.add_project("reader", "writer")
    robot = await sandbox.add_robot()
    grant = management.AddUserGrantRequest(
        user_id=robot.id, project_id=project_id, role_keys=["reader", "writer"]
    )
    await api.AddUserGrant(grant)
    async with sandbox.connect(robot) as client:

        async def roles() -> list[str]:
            found = await client.auth.ListMyUserGrants(ListMyUserGrantsRequest())
            return [role for grant in found.result for role in grant.role_keys]

        await eventually(roles, lambda found: sorted(found) == ["reader", "writer"])
        await api.RemoveProjectRole(
            management.RemoveProjectRoleRequest(project_id=project_id, role_key="writer")
        )
        await eventually(roles, lambda found: found == ["reader"])
    with pytest.raises(FailedPrecondition):
        await api.AddUserGrant(
            management.AddUserGrantRequest(user_id=robot.id, project_id=project_id, role_keys=["writer"])
        )


async def test_another_organization_is_granted_a_project(sandbox: Sandbox) -> None:
    project_id, org_id = await sandbox.add_project("reader"), await sandbox.add_organization()
    robot = await sandbox.add_robot(org_id=org_id)
    granted = await sandbox.client.management.AddProjectGrant(
        management.AddProjectGrantRequest(project_id=project_id, granted_org_id=org_id, role_keys=["reader"])
    )
    there = sandbox.client.with_org(org_id).management
    await eventually(
        lambda: there.ListGrantedProjects(management.ListGrantedProjectsRequest()),
        lambda found: [project.project_id for project in found.result] == [project_id],
    )
    grant = management.AddUserGrantRequest(
        user_id=robot.id, project_id=project_id, project_grant_id=granted.grant_id, role_keys=["reader"]
    )
    await eventually(lambda: there.AddUserGrant(grant))
    async with sandbox.connect(robot) as client:
        await eventually(
            lambda: client.auth.ListMyUserGrants(ListMyUserGrantsRequest()),
            lambda found: [each.org_id for each in found.result] == [org_id],
        )


async def test_an_application_is_removed_with_its_project(sandbox: Sandbox) -> None:
    api, project_id = sandbox.client.management, await sandbox.add_project()
    added = await api.AddAPIApp(
        management.AddAPIAppRequest(
            project_id=project_id,
            name=new_name("api"),
            auth_method_type=APIAuthMethodType.API_AUTH_METHOD_TYPE_BASIC,
        )
    )
    assert added.client_id
    assert added.client_secret
    request = management.GetAppByIDRequest(project_id=project_id, app_id=added.app_id)
    await eventually(
        lambda: api.GetAppByID(request), lambda found: found.app.api_config.client_id == added.client_id
    )
    await api.RemoveProject(management.RemoveProjectRequest(id=project_id))

    async def is_removed() -> bool:
        try:
            await api.GetAppByID(request)
        except NotFound:
            return True
        return False

    assert await eventually(is_removed, bool)
