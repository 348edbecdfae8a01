"""Projects, their roles and their grants in the v2beta API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import (
    add_machine,
    add_project,
    add_token,
    ask,
    organization_of,
    other_organization,
    set_role,
)
from zitadel_grpc.api.filter.v2beta import IDFilter, InIDsFilter, PaginationRequest, TextFilterMethod
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.project import v2beta as project

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tests.emulator.conftest import Peer

Filter = project.ProjectSearchFilter


async def names(peer: Peer, *filters: Filter, token: str | None = None) -> list[str]:
    request = project.ListProjectsRequest(
        pagination=PaginationRequest(asc=True),
        sorting_column=project.ProjectFieldName.PROJECT_FIELD_NAME_NAME,
        filters=filters,
    )
    return [found.name for found in (await ask(peer, request, token=token)).response.projects]


async def test_a_project_has_the_requested_settings(own_peer: Peer) -> None:
    organization_id = await organization_of(own_peer)
    labeling = project.PrivateLabelingSetting.PRIVATE_LABELING_SETTING_ENFORCE_PROJECT_RESOURCE_OWNER_POLICY
    request = project.CreateProjectRequest(
        organization_id=organization_id,
        id="shop-1",
        name="shop",
        authorization_required=True,
        private_labeling_setting=labeling,
    )
    assert (await ask(own_peer, request)).response.id == "shop-1"
    found = (await ask(own_peer, project.GetProjectRequest(id="shop-1"))).response.project
    assert (found.name, found.organization_id) == ("shop", organization_id)
    assert (found.authorization_required, found.project_access_required) == (True, False)
    assert found.private_labeling_setting == labeling
    assert (await ask(own_peer, request)).error_id == "COMMAND-opamwu"


async def test_an_update_changes_only_the_fields_that_it_sets(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    await add_project(own_peer, "taken")
    await ask(own_peer, project.UpdateProjectRequest(id=project_id, project_role_assertion=True))
    found = (await ask(own_peer, project.GetProjectRequest(id=project_id))).response.project
    assert (found.name, found.project_role_assertion) == ("shop", True)
    renamed = await ask(own_peer, project.UpdateProjectRequest(id=project_id, name="taken"))
    assert (renamed.code, renamed.error_id) == (StatusCode.ALREADY_EXISTS, "V3-DKcYh")


async def test_projects_are_deactivated_and_activated(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    again = await ask(own_peer, project.ActivateProjectRequest(id=project_id))
    assert (again.code, again.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-5M9bs")
    await ask(own_peer, project.DeactivateProjectRequest(id=project_id))
    found = (await ask(own_peer, project.GetProjectRequest(id=project_id))).response.project
    assert found.state == project.ProjectState.PROJECT_STATE_INACTIVE
    again = await ask(own_peer, project.DeactivateProjectRequest(id=project_id))
    assert (again.code, again.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-mki55")


async def test_a_deletion_can_be_repeated(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader")
    role = project.RemoveProjectRoleRequest(project_id=project_id, role_key="reader")
    removals = [(await ask(own_peer, role)).response.removal_date for _ in range(2)]
    assert removals[0] == removals[1]
    deletion = project.DeleteProjectRequest(id=project_id)
    deletions = [(await ask(own_peer, deletion)).response.deletion_date for _ in range(2)]
    assert deletions[0] == deletions[1]
    never_there = (await ask(own_peer, project.DeleteProjectRequest(id="1"))).response
    assert not never_there.HasField("deletion_date")
    assert (await ask(own_peer, project.GetProjectRequest(id=project_id))).error_id == "QUERY-fk2fs"


async def test_projects_are_found_by_name_id_and_organization(own_peer: Peer) -> None:
    shop_id = await add_project(own_peer, "Shop")
    await add_project(own_peer, "store")
    elsewhere = await other_organization(own_peer)
    await add_project(own_peer, "Stray", organization_id=elsewhere)
    starts = TextFilterMethod.TEXT_FILTER_METHOD_STARTS_WITH_IGNORE_CASE
    by_name = Filter(project_name_filter=project.ProjectNameFilter(project_name="ST", method=starts))
    by_id = Filter(in_project_ids_filter=InIDsFilter(ids=[shop_id]))
    by_owner = Filter(project_resource_owner_filter=IDFilter(id=elsewhere))
    assert await names(own_peer, by_name) == ["store", "Stray"]
    assert await names(own_peer, by_id) == ["Shop"]
    assert await names(own_peer, by_name, by_owner) == ["Stray"]
    first = project.ListProjectsRequest(pagination=PaginationRequest(limit=1))
    page = (await ask(own_peer, first)).response
    assert [found.name for found in page.projects] == ["Stray"]
    assert (page.pagination.total_result, page.pagination.applied_limit) == (3, 1)


async def test_roles_are_stored_by_key(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader", "writer")
    taken = project.AddProjectRoleRequest(project_id=project_id, role_key="reader", display_name="R")
    assert (await ask(own_peer, taken)).error_id == "V3-DKcYh"
    change = project.UpdateProjectRoleRequest(project_id=project_id, role_key="reader", group="g")
    await ask(own_peer, change)
    request = project.ListProjectRolesRequest(
        project_id=project_id,
        pagination=PaginationRequest(asc=True),
        sorting_column=project.ProjectRoleFieldName.PROJECT_ROLE_FIELD_NAME_KEY,
    )
    listed = (await ask(own_peer, request)).response.project_roles
    assert [(role.key, role.display_name, role.group) for role in listed] == [
        ("reader", "", "g"),
        ("writer", "Writer", ""),
    ]
    unknown = project.UpdateProjectRoleRequest(project_id=project_id, role_key="nope", group="g")
    assert (await ask(own_peer, unknown)).error_id == "COMMAND-vv8M9"
    nowhere = project.AddProjectRoleRequest(project_id="1", role_key="r", display_name="R")
    outcome = await ask(own_peer, nowhere)
    assert (outcome.code, outcome.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-EbFMN")


async def test_a_granted_project_is_listed_for_both_organizations(own_peer: Peer) -> None:
    project_id = await add_project(own_peer, "shop", "reader")
    elsewhere = await other_organization(own_peer)
    grant = {"project_id": project_id, "granted_organization_id": elsewhere}
    await ask(own_peer, project.CreateProjectGrantRequest(**grant, role_keys=["reader"]))
    (listed,) = (await ask(own_peer, project.ListProjectGrantsRequest())).response.project_grants
    assert (listed.granted_organization_name, list(listed.granted_role_keys)) == ("Elsewhere", ["reader"])
    as_granted = Filter(project_grant_resource_owner_filter=IDFilter(id=elsewhere))
    found = (await ask(own_peer, project.ListProjectsRequest(filters=[as_granted]))).response.projects
    assert [each.granted_organization_id for each in found] == [elsewhere]

    states = []
    for request in (project.DeactivateProjectGrantRequest, project.ActivateProjectGrantRequest):
        for _ in range(2):
            assert (await ask(own_peer, request(**grant))).code is StatusCode.OK
        states.append(
            (await ask(own_peer, project.ListProjectGrantsRequest())).response.project_grants[0].state
        )
    assert states == [
        project.ProjectGrantState.PROJECT_GRANT_STATE_INACTIVE,
        project.ProjectGrantState.PROJECT_GRANT_STATE_ACTIVE,
    ]
    await ask(own_peer, project.DeleteProjectGrantRequest(**grant))
    assert await names(own_peer) == ["shop"]


@pytest.mark.parametrize(
    ("organization_id", "roles", "error_id"),
    [
        ("1", ["reader"], "COMMAND-3m9gg"),
        ("", ["reader"], "PROJECT-ckUpbvboAH"),
        ("", ["nope"], "COMMAND-6m9gd"),
    ],
    ids=["nobody", "its own organization", "a role that it has not"],
)
async def test_invalid_project_grants_are_refused(
    own_peer: Peer, organization_id: str, roles: list[str], error_id: str
) -> None:
    project_id = await add_project(own_peer, "shop", "reader")
    request = project.CreateProjectGrantRequest(
        project_id=project_id,
        granted_organization_id=organization_id or await organization_of(own_peer),
        role_keys=roles,
    )
    outcome = await ask(own_peer, request)
    assert (outcome.code, outcome.error_id) == (StatusCode.FAILED_PRECONDITION, error_id)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda project_id: project.UpdateProjectRequest(id=project_id, name="mine"),
        lambda project_id: project.DeleteProjectRequest(id=project_id),
        lambda project_id: project.AddProjectRoleRequest(
            project_id=project_id, role_key="r", display_name="R"
        ),
    ],
    ids=["update", "delete", "role"],
)
async def test_a_viewer_cannot_change_anything(own_peer: Peer, request_of: Callable[[str], Message]) -> None:
    project_id, viewer_id = await add_project(own_peer), await add_machine(own_peer)
    token = await add_token(own_peer, viewer_id)
    assert (await ask(own_peer, request_of(project_id), token=token)).error_id == "AUTHZ-cdgFk"
    await set_role(own_peer, viewer_id, "ORG_OWNER_VIEWER")
    denied = await ask(own_peer, request_of(project_id), token=token)
    assert (denied.code, denied.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-AWfge")
    assert await names(own_peer, token=token) == ["shop"]


async def test_the_owner_of_one_project_cannot_change_another(own_peer: Peer) -> None:
    own_id, other_id = await add_project(own_peer, "own"), await add_project(own_peer, "other")
    robot_id = await add_machine(own_peer)
    token = await add_token(own_peer, robot_id)
    member = management.AddProjectMemberRequest(project_id=own_id, user_id=robot_id, roles=["PROJECT_OWNER"])
    assert (await ask(own_peer, member)).code is StatusCode.OK
    renamed = project.UpdateProjectRequest(id=own_id, name="mine")
    assert (await ask(own_peer, renamed, token=token)).code is StatusCode.OK
    other = await ask(own_peer, project.UpdateProjectRequest(id=other_id, name="mine too"), token=token)
    assert (other.code, other.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-Swrgg2")
    assert await names(own_peer, token=token) == ["mine"]
