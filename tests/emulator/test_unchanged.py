"""Changes that change nothing: some RPCs refuse them and some accept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulator.v2_calls import ask
from zitadel_grpc.api.app import v2beta as app_v2
from zitadel_grpc.api.app.v1 import OIDCGrantType, OIDCResponseType
from zitadel_grpc.api.management import v1 as management

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tests.emulator.conftest import Outcome, Peer

OIDC = management.AddOIDCAppRequest(
    name="web",
    redirect_uris=["https://app.example/cb"],
    response_types=[OIDCResponseType.OIDC_RESPONSE_TYPE_CODE],
    grant_types=[OIDCGrantType.OIDC_GRANT_TYPE_AUTHORIZATION_CODE],
)


async def change(peer: Peer, request: Message) -> list[str]:
    """Returns the outcomes of two equal requests."""
    outcomes: list[Outcome] = [await peer.manage(request) for _ in range(2)]
    return [outcome.error_id or outcome.code.name for outcome in outcomes]


@pytest.fixture
async def project_id(own_peer: Peer) -> str:
    return own_peer.zitadel.add_project("shop", roles=["reader", "writer"])


async def test_a_service_user_is_updated_once(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    update = management.UpdateMachineRequest(user_id=user_id, name="Robot II")
    assert await change(own_peer, update) == ["OK", "COMMAND-2n8vs"]
    rename = management.UpdateUserNameRequest(user_id=user_id, user_name=" robot-2 ")
    assert await change(own_peer, rename) == ["OK", "COMMAND-6m9gs"]
    found = await own_peer.manage(management.GetUserByIDRequest(id=user_id))
    assert (found.response.user.user_name, found.response.user.machine.name) == ("robot-2", "Robot II")


async def test_a_user_is_locked_and_unlocked_once(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    assert await change(own_peer, management.LockUserRequest(id=user_id)) == ["OK", "COMMAND-3NN8v"]
    assert await change(own_peer, management.UnlockUserRequest(id=user_id)) == ["OK", "COMMAND-4M0ds"]


async def test_a_user_grant_is_updated_once(own_peer: Peer, project_id: str) -> None:
    robot = await own_peer.add_machine()
    grant_id = own_peer.zitadel.add_user_grant(robot, project_id, ["reader"])
    update = management.UpdateUserGrantRequest(user_id=robot, grant_id=grant_id, role_keys=["writer"])
    assert await change(own_peer, update) == ["OK", "COMMAND-Rs8fy"]


async def test_applications_are_renamed_and_configured_once(own_peer: Peer, project_id: str) -> None:
    api = own_peer.zitadel.add_api_application(project_id).id
    rename = management.UpdateAppRequest(project_id=project_id, app_id=api, name="api-2")
    assert await change(own_peer, rename) == ["OK", "COMMAND-2m8vx"]
    configure = management.UpdateAPIAppConfigRequest(project_id=project_id, app_id=api, auth_method_type=1)  # type: ignore[arg-type]
    assert await change(own_peer, configure) == ["OK", "COMMAND-1m88i"]

    OIDC.project_id = project_id
    web = (await own_peer.manage(OIDC)).response.app_id
    values = {field.name: value for field, value in OIDC.ListFields() if field.name != "name"}
    as_it_is = management.UpdateOIDCAppConfigRequest(app_id=web, **values)
    assert (await own_peer.manage(as_it_is)).error_id == "COMMAND-1m88i"
    dev = management.UpdateOIDCAppConfigRequest(app_id=web, dev_mode=True, **values)
    assert await change(own_peer, dev) == ["OK", "COMMAND-1m88i"]
    found = await own_peer.manage(management.GetAppByIDRequest(project_id=project_id, app_id=web))
    assert found.response.app.oidc_config.dev_mode
    for request, error_id in (
        (management.DeactivateAppRequest(project_id=project_id, app_id=web), "COMMAND-dsh35"),
        (management.ReactivateAppRequest(project_id=project_id, app_id=web), "COMMAND-1n8cM"),
    ):
        assert await change(own_peer, request) == ["OK", error_id]
    not_oidc = management.UpdateOIDCAppConfigRequest(**{**values, "app_id": api})
    assert (await own_peer.manage(not_oidc)).error_id == "COMMAND-GBr34"


async def test_an_unchanged_name_prevents_a_v2_configuration_change(own_peer: Peer, project_id: str) -> None:
    api = own_peer.zitadel.add_api_application(project_id, "api").id
    configuration = app_v2.UpdateAPIApplicationConfigurationRequest(auth_method_type=1)  # type: ignore[arg-type]
    request = app_v2.UpdateApplicationRequest(
        project_id=project_id, id=api, name="api", api_configuration_request=configuration
    )
    assert (await ask(own_peer, request)).error_id == "COMMAND-2m8vx"
    request.name = ""
    assert (await ask(own_peer, request)).code.name == "OK"
    assert (await ask(own_peer, request)).error_id == "COMMAND-1m88i"


async def test_manager_roles_and_project_grants_can_be_set_unchanged(own_peer: Peer, project_id: str) -> None:
    zitadel, robot = own_peer.zitadel, await own_peer.add_machine()
    zitadel.add_manager_roles(robot, ["ORG_OWNER"])
    roles = management.UpdateOrgMemberRequest(user_id=robot, roles=["ORG_OWNER"])
    assert await change(own_peer, roles) == ["OK", "OK"]
    grant_id = zitadel.add_project_grant(project_id, zitadel.add_organization("Acme"), ["reader"])
    grant = {"project_id": project_id, "grant_id": grant_id}
    for request in (
        management.UpdateProjectGrantRequest(role_keys=["reader"], **grant),
        management.DeactivateProjectGrantRequest(**grant),
        management.ReactivateProjectGrantRequest(**grant),
    ):
        assert await change(own_peer, request) == ["OK", "OK"]


async def test_roles_removed_from_a_project_grant_are_removed_from_its_users(
    own_peer: Peer, project_id: str
) -> None:
    zitadel, robot = own_peer.zitadel, await own_peer.add_machine()
    acme = zitadel.add_organization("Acme")
    grant_id = zitadel.add_project_grant(project_id, acme, ["reader", "writer"])
    there = zitadel.add_user_grant(robot, project_id, ["reader", "writer"], project_grant_id=grant_id)
    here = zitadel.add_user_grant(robot, project_id, ["writer"])
    update = management.UpdateProjectGrantRequest(
        project_id=project_id, grant_id=grant_id, role_keys=["reader"]
    )
    await own_peer.manage(update)

    async def roles(user_grant_id: str, *metadata: tuple[str, str]) -> list[str]:
        request = management.GetUserGrantByIDRequest(user_id=robot, grant_id=user_grant_id)
        return list((await own_peer.manage(request, metadata=metadata)).response.user_grant.role_keys)

    assert await roles(there, ("x-zitadel-orgid", acme)) == ["reader"]
    assert await roles(here) == ["writer"]
