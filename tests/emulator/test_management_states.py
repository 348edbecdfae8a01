"""Organizations, projects and application keys in the Management API: what changes, what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grpc import StatusCode

from zitadel_grpc.api.app.v1 import APIAuthMethodType
from zitadel_grpc.api.authn.v1 import KeyType
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.org.v1 import OrgState
from zitadel_grpc.api.project.v1 import ProjectState

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

GET_MY_ORG = management.GetMyOrgRequest()


async def test_an_organization_is_renamed_and_found_by_its_domain(own_peer: Peer) -> None:
    other = (await own_peer.manage(management.AddOrgRequest(name="Acme"))).response
    elsewhere = (("x-zitadel-orgid", other.id),)

    renamed = await own_peer.manage(management.UpdateOrgRequest(name="Acme Corp"), metadata=elsewhere)
    assert renamed.code is StatusCode.OK
    org = (await own_peer.manage(GET_MY_ORG, metadata=elsewhere)).response.org
    assert org.name == "Acme Corp"
    by_domain = management.GetOrgByDomainGlobalRequest(domain=org.primary_domain)
    assert (await own_peer.manage(by_domain)).response.org.id == other.id

    unchanged = await own_peer.manage(management.UpdateOrgRequest(name="Acme Corp"), metadata=elsewhere)
    assert (unchanged.code, unchanged.error_id) == (StatusCode.FAILED_PRECONDITION, "ORG-4VSdf")
    taken = await own_peer.manage(management.UpdateOrgRequest(name="Acme Corp"))
    assert (taken.code, taken.error_id) == (StatusCode.ALREADY_EXISTS, "V3-DKcYh")
    unknown = await own_peer.manage(management.GetOrgByDomainGlobalRequest(domain="nowhere.example"))
    assert (unknown.code, unknown.error_id) == (StatusCode.NOT_FOUND, "QUERY-iTTGJ")


async def test_an_organization_is_deactivated_and_reactivated_once(own_peer: Peer) -> None:
    other = (await own_peer.manage(management.AddOrgRequest(name="Acme"))).response
    elsewhere = (("x-zitadel-orgid", other.id),)

    async def state() -> object:
        return (await own_peer.manage(GET_MY_ORG, metadata=elsewhere)).response.org.state

    active = await own_peer.manage(management.ReactivateOrgRequest(), metadata=elsewhere)
    assert (active.code, active.error_id) == (StatusCode.FAILED_PRECONDITION, "EVENT-bfnrh")
    assert (
        await own_peer.manage(management.DeactivateOrgRequest(), metadata=elsewhere)
    ).code is StatusCode.OK
    assert await state() == OrgState.ORG_STATE_INACTIVE
    again = await own_peer.manage(management.DeactivateOrgRequest(), metadata=elsewhere)
    assert (again.code, again.error_id) == (StatusCode.FAILED_PRECONDITION, "EVENT-Dbs2g")
    assert (
        await own_peer.manage(management.ReactivateOrgRequest(), metadata=elsewhere)
    ).code is StatusCode.OK
    assert await state() == OrgState.ORG_STATE_ACTIVE


async def test_a_project_is_deactivated_and_reactivated_once(own_peer: Peer) -> None:
    id_ = (await own_peer.manage(management.AddProjectRequest(name="orders"))).response.id

    async def state() -> object:
        return (await own_peer.manage(management.GetProjectByIDRequest(id=id_))).response.project.state

    deactivate, reactivate = (
        management.DeactivateProjectRequest(id=id_),
        management.ReactivateProjectRequest(id=id_),
    )
    assert (await own_peer.manage(reactivate)).code is StatusCode.FAILED_PRECONDITION
    assert (await own_peer.manage(deactivate)).code is StatusCode.OK
    assert await state() == ProjectState.PROJECT_STATE_INACTIVE
    assert (await own_peer.manage(deactivate)).code is StatusCode.FAILED_PRECONDITION
    assert (await own_peer.manage(reactivate)).code is StatusCode.OK
    assert await state() == ProjectState.PROJECT_STATE_ACTIVE
    unknown = await own_peer.manage(management.DeactivateProjectRequest(id="1"))
    assert (unknown.code, unknown.error_id) == (StatusCode.NOT_FOUND, "COMMAND-112M9")


async def test_an_application_key_is_added_listed_and_removed(own_peer: Peer) -> None:
    project = (await own_peer.manage(management.AddProjectRequest(name="orders"))).response.id
    application = management.AddAPIAppRequest(
        project_id=project,
        name="api",
        auth_method_type=APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT,
    )
    app = (await own_peer.manage(application)).response.app_id
    request = management.AddAppKeyRequest(project_id=project, app_id=app, type=KeyType.KEY_TYPE_JSON)
    added = (await own_peer.manage(request)).response
    assert json.loads(added.key_details)["keyId"] == added.id

    get = management.GetAppKeyRequest(project_id=project, app_id=app, key_id=added.id)
    found = (await own_peer.manage(get)).response.key
    assert (found.id, found.type) == (added.id, KeyType.KEY_TYPE_JSON)
    every = management.ListAppKeysRequest(project_id=project, app_id=app)
    assert [key.id for key in (await own_peer.manage(every)).response.result] == [added.id]

    remove = management.RemoveAppKeyRequest(project_id=project, app_id=app, key_id=added.id)
    assert (await own_peer.manage(remove)).code is StatusCode.OK
    assert not (await own_peer.manage(every)).response.result
    removed = await own_peer.manage(get)
    assert (removed.code, removed.error_id) == (StatusCode.NOT_FOUND, "QUERY-Tha6f")
    again = await own_peer.manage(remove)
    assert (again.code, again.error_id) == (StatusCode.NOT_FOUND, "COMMAND-4m77G")


async def test_an_application_with_a_secret_has_no_keys(own_peer: Peer) -> None:
    project = (await own_peer.manage(management.AddProjectRequest(name="orders"))).response.id
    app = (await own_peer.manage(management.AddAPIAppRequest(project_id=project, name="api"))).response.app_id
    request = management.AddAppKeyRequest(project_id=project, app_id=app, type=KeyType.KEY_TYPE_JSON)
    refused = await own_peer.manage(request)
    assert (refused.code, refused.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-Dff54")
