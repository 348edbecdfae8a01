"""Applications and their keys in the v2beta API."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import jwt
import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import LATER, add_machine, add_project, add_token, ask, set_role
from zitadel_grpc.api.app import v2beta as app
from zitadel_grpc.api.filter.v2 import PaginationRequest, TextFilterMethod

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

BASIC = app.APIAuthMethodType.API_AUTH_METHOD_TYPE_BASIC
PRIVATE_KEY_JWT = app.APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def add_api(
    peer: Peer, project_id: str, name: str = "api", method: app.APIAuthMethodType.ValueType = BASIC
) -> app.CreateApplicationResponse:
    api = app.CreateAPIApplicationRequest(auth_method_type=method)
    request = app.CreateApplicationRequest(project_id=project_id, name=name, api_request=api)
    response: app.CreateApplicationResponse = (await ask(peer, request)).response
    return response


async def names(peer: Peer, project_id: str, *filters: app.ApplicationSearchFilter) -> list[str]:
    request = app.ListApplicationsRequest(
        project_id=project_id,
        sorting_column=app.AppSorting.APP_SORT_BY_NAME,
        pagination=PaginationRequest(asc=True),
        filters=filters,
    )
    return [found.name for found in (await ask(peer, request)).response.applications]


async def introspect(peer: Peer, token: str, **form: str) -> dict[str, object]:
    outcome: dict[str, object] = (await peer.post("/oauth/v2/introspect", {"token": token, **form})).json()
    return outcome


async def test_an_api_introspects_with_its_secret_until_it_is_replaced(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    api = await add_api(own_peer, project_id)
    token = await own_peer.token(f"openid urn:zitadel:iam:org:project:id:{project_id}:aud")
    client = {"client_id": api.api_response.client_id}
    old = {**client, "client_secret": api.api_response.client_secret}
    assert (await introspect(own_peer, token, **old))["active"] is True
    renewal = app.RegenerateClientSecretRequest(project_id=project_id, application_id=api.app_id, is_api=True)
    secret = (await ask(own_peer, renewal)).response.client_secret
    assert await introspect(own_peer, token, **old) == {"error": "unauthorized_client"}
    assert (await introspect(own_peer, token, **client, client_secret=secret))["active"] is True


async def test_an_api_introspects_with_its_key_until_it_is_removed(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    api = await add_api(own_peer, project_id, method=PRIVATE_KEY_JWT)
    assert api.api_response.client_secret == ""
    creation = app.CreateApplicationKeyRequest(
        app_id=api.app_id, project_id=project_id, expiration_date=LATER
    )
    created = (await ask(own_peer, creation)).response
    key = json.loads(created.key_details)
    assert (key["type"], key["keyId"], key["appId"]) == ("application", created.id, api.app_id)
    token = await own_peer.token(f"openid urn:zitadel:iam:org:project:id:{project_id}:aud")
    now, client_id = int(time.time()), key["clientId"]
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": own_peer.zitadel.issuer,
        "iat": now,
        "exp": now + 600,
    }
    assertion = jwt.encode(claims, key["key"], "RS256", headers={"kid": key["keyId"]})
    form = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    assert (await introspect(own_peer, token, **form))["active"] is True

    listed = (await ask(own_peer, app.ListApplicationKeysRequest(project_id=project_id))).response.keys
    assert [(row.id, row.application_id, row.expiration_date) for row in listed] == [
        (created.id, api.app_id, LATER)
    ]
    one = {"id": created.id, "project_id": project_id, "application_id": api.app_id}
    assert (await ask(own_peer, app.GetApplicationKeyRequest(**one))).response.expiration_date == LATER
    await ask(own_peer, app.DeleteApplicationKeyRequest(**one))
    assert (await ask(own_peer, app.DeleteApplicationKeyRequest(**one))).error_id == "COMMAND-4m77G"
    assert (await introspect(own_peer, token, **form)).get("active") is not True


async def test_a_key_requires_private_key_jwt_and_an_expiration(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    basic = await add_api(own_peer, project_id)
    creation = app.CreateApplicationKeyRequest(
        app_id=basic.app_id, project_id=project_id, expiration_date=LATER
    )
    refused = await ask(own_peer, creation)
    assert (refused.code, refused.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-Dff54")
    with_keys = await add_api(own_peer, project_id, "keys", PRIVATE_KEY_JWT)
    endless = app.CreateApplicationKeyRequest(app_id=with_keys.app_id, project_id=project_id)
    assert (await ask(own_peer, endless)).error_id == "DOMAIN-dv3t5"


async def test_an_oidc_application_has_the_requested_settings(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    oidc = app.CreateOIDCApplicationRequest(
        redirect_uris=["https://shop.example/callback"],
        response_types=[app.OIDCResponseType.OIDC_RESPONSE_TYPE_ID_TOKEN],
        grant_types=[app.OIDCGrantType.OIDC_GRANT_TYPE_IMPLICIT],
        auth_method_type=app.OIDCAuthMethodType.OIDC_AUTH_METHOD_TYPE_POST,
    )
    request = app.CreateApplicationRequest(project_id=project_id, id="web-1", name="web", oidc_request=oidc)
    created = (await ask(own_peer, request)).response
    assert created.app_id == "web-1"
    assert len(created.oidc_response.client_secret) == 64
    change = app.UpdateOIDCApplicationConfigurationRequest(
        response_types=[app.OIDCResponseType.OIDC_RESPONSE_TYPE_CODE], dev_mode=True
    )
    update = app.UpdateApplicationRequest(
        project_id=project_id, id="web-1", name="site", oidc_configuration_request=change
    )
    await ask(own_peer, update)
    found = (await ask(own_peer, app.GetApplicationRequest(id="web-1"))).response.app
    config = found.oidc_config
    assert (found.name, config.dev_mode, config.client_id) == (
        "site",
        True,
        created.oidc_response.client_id,
    )
    assert list(config.response_types) == [app.OIDCResponseType.OIDC_RESPONSE_TYPE_CODE]
    assert list(config.allowed_origins) == ["https://shop.example"]
    assert config.auth_method_type == app.OIDCAuthMethodType.OIDC_AUTH_METHOD_TYPE_POST
    api = app.UpdateAPIApplicationConfigurationRequest(auth_method_type=PRIVATE_KEY_JWT)
    other_kind = app.UpdateApplicationRequest(
        project_id=project_id, id="web-1", api_configuration_request=api
    )
    refused = await ask(own_peer, other_kind)
    assert (refused.code, refused.error_id) == (StatusCode.INVALID_ARGUMENT, "COMMAND-Gnwt3")


async def test_applications_are_found_by_name_kind_and_state(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    await add_api(own_peer, await add_project(own_peer, "other"), "stray")
    api = await add_api(own_peer, project_id)
    await add_api(own_peer, project_id, "admin api")
    web = app.CreateApplicationRequest(
        project_id=project_id, name="web", oidc_request=app.CreateOIDCApplicationRequest()
    )
    await ask(own_peer, web)
    one = {"project_id": project_id, "id": api.app_id}
    await ask(own_peer, app.DeactivateApplicationRequest(**one))
    again = await ask(own_peer, app.DeactivateApplicationRequest(**one))
    assert (again.code, again.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-dsh35")

    ends = TextFilterMethod.TEXT_FILTER_METHOD_ENDS_WITH
    by_name = app.ApplicationSearchFilter(name_filter=app.ApplicationNameQuery(name="api", method=ends))
    inactive = app.ApplicationSearchFilter(state_filter=app.AppState.APP_STATE_INACTIVE)
    oidc_only = app.ApplicationSearchFilter(oidc_app_only=True)
    assert await names(own_peer, project_id) == ["admin api", "api", "web"]
    assert await names(own_peer, project_id, by_name) == ["admin api", "api"]
    assert await names(own_peer, project_id, by_name, inactive) == ["api"]
    assert await names(own_peer, project_id, oidc_only) == ["web"]
    await ask(own_peer, app.ReactivateApplicationRequest(**one))
    assert await names(own_peer, project_id, inactive) == []
    await ask(own_peer, app.DeleteApplicationRequest(**one))
    removed = await ask(own_peer, app.DeleteApplicationRequest(**one))
    assert (removed.code, removed.error_id) == (StatusCode.NOT_FOUND, "COMMAND-0po9s")


async def test_names_are_unique_in_a_project(own_peer: Peer) -> None:
    project_id = await add_project(own_peer)
    await add_api(own_peer, project_id)
    api = app.CreateAPIApplicationRequest()
    taken = app.CreateApplicationRequest(project_id=project_id, name="api", api_request=api)
    assert (await ask(own_peer, taken)).error_id == "V3-DKcYh"
    nowhere = app.CreateApplicationRequest(project_id="1", name="api", api_request=api)
    outcome = await ask(own_peer, nowhere)
    assert (outcome.code, outcome.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-EbFMN")


async def test_saml_is_unimplemented(own_peer: Peer) -> None:
    saml = app.CreateSAMLApplicationRequest(metadata_url="https://shop.example/saml")
    request = app.CreateApplicationRequest(
        project_id=await add_project(own_peer), name="saml", saml_request=saml
    )
    assert (await ask(own_peer, request)).code is StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("role", "found"), [("ORG_OWNER_VIEWER", ["api"]), ("ORG_USER_MANAGER", [])], ids=["may", "may not"]
)
async def test_applications_are_visible_to_users_who_may_read_them(
    own_peer: Peer, role: str, found: list[str]
) -> None:
    project_id, robot_id = await add_project(own_peer), await add_machine(own_peer)
    api = await add_api(own_peer, project_id)
    token = await add_token(own_peer, robot_id)
    await set_role(own_peer, robot_id, role)
    request = app.ListApplicationsRequest(project_id=project_id)
    listed = (await ask(own_peer, request, token=token)).response.applications
    assert [each.name for each in listed] == found
    one = await ask(own_peer, app.GetApplicationRequest(id=api.app_id), token=token)
    assert one.code is (StatusCode.OK if found else StatusCode.PERMISSION_DENIED)
    removed = app.DeleteApplicationRequest(project_id=project_id, id=api.app_id)
    assert (await ask(own_peer, removed, token=token)).error_id == "AUTH-AWfge"
