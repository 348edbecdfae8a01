"""Lists of the v1, v2 and v2beta APIs, whose responses differ in shape."""

from __future__ import annotations

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.app.v2beta import ListApplicationsRequest
from zitadel_grpc.api.authorization.v2beta import ListAuthorizationsRequest
from zitadel_grpc.api.management.v1 import ListProjectsRequest
from zitadel_grpc.api.org.v2 import ListOrganizationsRequest
from zitadel_grpc.api.project.v2beta import ListProjectsRequest as ListProjectsV2Request
from zitadel_grpc.api.user.v2 import ListUsersRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator


async def test_lists_of_each_version_are_read(client: AsyncClient, emulator: Emulator) -> None:
    projects = {emulator.add_project(f"Project {number}", roles=["reader"]) for number in range(5)}
    organizations = {emulator.add_organization(f"Organization {number}") for number in range(5)}
    users = {emulator.add_human(f"{number}@example.com") for number in range(5)}
    for project in projects:
        emulator.add_user_grant(min(users), project, ["reader"])
    app = emulator.add_api_application(min(projects), "An application")

    v1 = client.paginate(client.management.ListProjects, ListProjectsRequest(), page_size=2)
    assert {project.id async for project in v1} >= projects
    v2 = client.paginate(client.user_v2.ListUsers, ListUsersRequest(), page_size=2)
    assert {user.user_id async for user in v2} >= users
    named = client.paginate(client.org_v2.ListOrganizations, ListOrganizationsRequest(), page_size=2)
    assert {organization.id async for organization in named} >= organizations
    v2beta = client.paginate(client.project_v2beta.ListProjects, ListProjectsV2Request(), page_size=2)
    assert {project.id async for project in v2beta} >= projects
    grants = client.paginate(
        client.authorization_v2beta.ListAuthorizations, ListAuthorizationsRequest(), page_size=2
    )
    assert {grant.project_id async for grant in grants} == projects
    request = ListApplicationsRequest(project_id=min(projects))
    applications = client.paginate(client.app_v2beta.ListApplications, request, page_size=2)
    assert [application.id async for application in applications] == [app.id]


async def test_the_total_includes_items_that_the_caller_may_not_see(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    for number in range(7):
        emulator.add_organization(f"Organization {number}")
    nobody = emulator.add_service_user()
    async with AsyncClient(emulator.url, JwtProfile.from_dict(nobody.key_file), options=options) as client:
        pager = client.paginate(client.org_v2.ListOrganizations, ListOrganizationsRequest(), page_size=2)
        assert [organization async for organization in pager] == []
    assert pager.total == 8
