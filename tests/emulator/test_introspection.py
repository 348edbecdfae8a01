"""Applications introspect and exchange tokens, and impersonate users."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from grpc import StatusCode

from zitadel_grpc.api.app.v1 import APIAuthMethodType, OIDCGrantType
from zitadel_grpc.api.authn.v1 import KeyType
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user.v1 import AccessTokenType

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
USER_ID = "urn:zitadel:params:oauth:token-type:user_id"
ALL_ROLES = "urn:zitadel:iam:org:projects:roles"
API = "urn:zitadel:iam:org:project:id:zitadel:aud"


@dataclass(frozen=True)
class Project:
    """A project with applications and the role `reader`, which the robot has."""

    id: str
    robot: str
    robot_pat: str
    basic: dict[str, str]
    key_file: dict[str, str]
    web: dict[str, str]

    @property
    def audience(self) -> str:
        return f"urn:zitadel:iam:org:project:id:{self.id}:aud"


@pytest.fixture
async def project(own_peer: Peer) -> Project:
    manage = own_peer.manage
    robot = await own_peer.add_machine(access_token_type=AccessTokenType.ACCESS_TOKEN_TYPE_JWT)
    pat = (await manage(management.AddPersonalAccessTokenRequest(user_id=robot))).response.token
    added = await manage(management.AddProjectRequest(name="orders", project_role_assertion=True))
    id_ = added.response.id
    await manage(management.AddProjectRoleRequest(project_id=id_, role_key="reader", display_name="Reader"))
    await manage(management.AddUserGrantRequest(user_id=robot, project_id=id_, role_keys=["reader"]))
    api = (await manage(management.AddAPIAppRequest(project_id=id_, name="api"))).response
    by_key = APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT
    signing = await manage(
        management.AddAPIAppRequest(project_id=id_, name="signing", auth_method_type=by_key)
    )
    key = await manage(
        management.AddAppKeyRequest(
            project_id=id_, app_id=signing.response.app_id, type=KeyType.KEY_TYPE_JSON
        )
    )
    web = await manage(
        management.AddOIDCAppRequest(
            project_id=id_,
            name="web",
            redirect_uris=["https://orders.example/back"],
            grant_types=[OIDCGrantType.OIDC_GRANT_TYPE_TOKEN_EXCHANGE],
        )
    )
    return Project(id_, robot, pat, _client(api), json.loads(key.response.key_details), _client(web.response))


def _client(response: Any) -> dict[str, str]:
    return {"client_id": response.client_id, "client_secret": response.client_secret}


def _assertion(peer: Peer, key_file: dict[str, str], **claims: Any) -> dict[str, str]:
    now, client_id = int(time.time()), key_file["clientId"]
    right = {"iss": client_id, "sub": client_id, "aud": peer.zitadel.issuer, "iat": now, "exp": now + 60}
    token = jwt.encode({**right, **claims}, key_file["key"], "RS256", headers={"kid": key_file["keyId"]})
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": token,
    }


async def _introspect(peer: Peer, client: dict[str, str], token: str) -> tuple[int, Any]:
    response = await peer.post("/oauth/v2/introspect", {**client, "token": token})
    return response.status_code, response.json()


async def _exchange(peer: Peer, project: Project, **form: str) -> tuple[int, Any]:
    response = await peer.post("/oauth/v2/token", {"grant_type": EXCHANGE, **project.web, **form})
    return response.status_code, response.json()


async def test_a_token_for_the_project_is_active_with_its_claims(own_peer: Peer, project: Project) -> None:
    token = await own_peer.token(f"openid profile {project.audience}")
    expected = {
        "active": True,
        "aud": [project.id],
        "client_id": "first-service-user",
        "iss": own_peer.zitadel.issuer,
        "name": "First service user",
        "preferred_username": "first-service-user",
        "scope": f"openid profile {project.audience}",
        "sub": own_peer.zitadel.key_file["userId"],
        "token_type": "Bearer",
        "username": "first-service-user",
    }
    by_secret = await _introspect(own_peer, project.basic, token)
    by_key = await _introspect(own_peer, _assertion(own_peer, project.key_file), token)
    assert by_secret == by_key
    status, claims = by_secret
    assert status == 200
    assert claims.items() >= expected.items()
    assert claims.keys() - expected.keys() == {"auth_time", "exp", "iat", "jti", "nbf", "updated_at"}


async def test_a_token_contains_the_roles_of_the_project(own_peer: Peer, project: Project) -> None:
    secret = (await own_peer.manage(management.GenerateMachineSecretRequest(user_id=project.robot))).response
    scope = f"openid {project.audience} {ALL_ROLES}"
    form = {"grant_type": "client_credentials", **_client(secret), "scope": scope}
    token = (await own_peer.post("/oauth/v2/token", form)).json()["access_token"]
    org = (await own_peer.manage(management.GetMyOrgRequest())).response.org
    roles = {"reader": {org.id: "zitadel.localhost"}}

    _, claims = await _introspect(own_peer, project.basic, token)
    assert claims["urn:zitadel:iam:org:project:roles"] == roles
    assert claims[f"urn:zitadel:iam:org:project:{project.id}:roles"] == roles
    bearer = {"authorization": f"Bearer {token}"}
    info = (await own_peer.http.get(f"{own_peer.zitadel.url}/oidc/v1/userinfo", headers=bearer)).json()
    assert info == {"sub": project.robot, f"urn:zitadel:iam:org:project:{project.id}:roles": roles}


async def test_a_personal_access_token_is_active_everywhere(own_peer: Peer, project: Project) -> None:
    _, claims = await _introspect(own_peer, project.basic, project.robot_pat)
    assert claims["active"] is True
    assert claims["aud"] == [project.basic["client_id"], project.id]
    assert claims["scope"].endswith(" urn:zitadel:iam:org:project:role:reader")
    assert "client_id" not in claims
    assert "urn:zitadel:iam:org:project:roles" in claims


async def test_tokens_for_other_projects_are_inactive(own_peer: Peer, project: Project) -> None:
    for token in (await own_peer.token(), "garbage"):
        assert await _introspect(own_peer, project.basic, token) == (200, {"active": False})


async def test_expired_tokens_are_inactive(own_peer: Peer, project: Project) -> None:
    token = await own_peer.token(f"openid {project.audience}")
    own_peer.zitadel.faults.clock_skew = 43_300
    assert await _introspect(own_peer, project.basic, token) == (200, {"active": False})


async def test_clients_with_wrong_credentials_are_refused(own_peer: Peer, project: Project) -> None:
    token = await own_peer.token(f"openid {project.audience}")
    for client in (
        {**project.basic, "client_secret": "wrong"},
        {"client_id": "1", "client_secret": "x"},
        _assertion(own_peer, project.key_file, aud="https://other.example"),
    ):
        assert await _introspect(own_peer, client, token) == (400, {"error": "unauthorized_client"})


async def test_an_invalid_assertion_looks_like_an_inactive_token(own_peer: Peer, project: Project) -> None:
    client = {**_assertion(own_peer, project.key_file), "client_assertion": "broken"}
    token = await own_peer.token(f"openid {project.audience}")
    assert await _introspect(own_peer, client, token) == (200, {"active": False})


async def test_introspection_requires_a_client_and_a_token(own_peer: Peer, project: Project) -> None:
    nobody = {
        "error": "invalid_request",
        "error_description": "client_id or client_assertion must be provided",
    }
    assert await _introspect(own_peer, {}, "x") == (400, nobody)
    nothing = {"error": "invalid_request", "error_description": "token missing"}
    assert await _introspect(own_peer, project.basic, "") == (400, nothing)


async def test_userinfo_refuses_a_bad_token(peer: Peer) -> None:
    response = await peer.http.get(
        f"{peer.zitadel.url}/oidc/v1/userinfo", headers={"authorization": "Bearer x"}
    )
    assert response.status_code == 401
    assert response.json() == {"error": "access_denied", "error_description": "access token invalid"}


async def test_the_key_of_a_service_user_does_not_authenticate_an_application(
    own_peer: Peer, project: Project
) -> None:
    key = project.key_file
    response = await own_peer.request_token(key=key["key"], headers={"kid": key["keyId"]})
    assert response.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


async def test_an_exchanged_token_works_where_the_first_one_did(own_peer: Peer, project: Project) -> None:
    token = await own_peer.token(f"openid {API} {project.audience}")
    status, body = await _exchange(
        own_peer, project, subject_token=token, subject_token_type=ACCESS_TOKEN, scope=f"openid {API}"
    )
    assert status == 200
    assert body.keys() == {
        "access_token",
        "issued_token_type",
        "token_type",
        "expires_in",
        "scope",
        "id_token",
    }
    assert (body["issued_token_type"], body["scope"]) == (ACCESS_TOKEN, f"openid {API}")
    get_my_user = "zitadel.auth.v1.AuthService/GetMyUser"
    assert (await own_peer.call(get_my_user, token=body["access_token"])).code is StatusCode.OK


async def test_what_cannot_be_exchanged(own_peer: Peer, project: Project) -> None:
    elsewhere = await own_peer.token()
    for subject, kind, description in (
        ("garbage", ACCESS_TOKEN, "subject_token invalid"),
        (elsewhere, ACCESS_TOKEN, "subject_token invalid"),
        (elsewhere, "foo", "subject_token_type is not supported"),
    ):
        refused = await _exchange(own_peer, project, subject_token=subject, subject_token_type=kind)
        assert refused == (400, {"error": "invalid_request", "error_description": description})


async def test_impersonation_requires_an_actor_and_the_setting_of_the_instance(
    own_peer: Peer, project: Project
) -> None:
    actor = await own_peer.token(f"openid {API} {project.audience}")
    subject = {"subject_token": project.robot, "subject_token_type": USER_ID}
    with_actor = {**subject, "actor_token": actor, "actor_token_type": ACCESS_TOKEN}
    disabled = "Errors.TokenExchange.Impersonation.PolicyDisabled"
    for form, error, description in (
        (subject, "invalid_request", "actor_token required for impersonation"),
        ({**with_actor, "subject_token": "1"}, "invalid_request", "subject_token invalid"),
        ({**with_actor, "actor_token": "garbage"}, "invalid_request", "actor_token invalid"),
        (
            {**with_actor, "requested_token_type": "foo"},
            "invalid_request",
            "requested_token_type is not supported",
        ),
        (with_actor, "access_denied", disabled),
    ):
        _, refused = await _exchange(own_peer, project, **form)
        assert refused == {"error": error, "error_description": description}


async def test_only_an_application_with_the_grant_type_can_exchange_tokens(
    own_peer: Peer, project: Project
) -> None:
    token = await own_peer.token(f"openid {project.audience}")
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
    for client in ({"client_id": "1", "client_secret": "a-secret"}, project.basic):
        refused = await own_peer.post("/oauth/v2/token", {**form, **client})
        assert refused.json()["error"] == "invalid_client"


async def test_revocation_requires_a_client_and_accepts_unknown_tokens(
    own_peer: Peer, project: Project
) -> None:
    token = {"token": "garbage"}
    nobody = await own_peer.post("/oauth/v2/revoke", {"client_id": "1", "client_secret": "a-secret", **token})
    assert nobody.json()["error"] == "invalid_client"
    assert (await own_peer.post("/oauth/v2/revoke", {**project.web, **token})).status_code == 200


async def test_a_token_that_was_not_issued_for_the_client_is_not_revoked(
    own_peer: Peer, project: Project
) -> None:
    token = await own_peer.token()
    response = await own_peer.post("/oauth/v2/revoke", {**project.web, "token": token})
    assert response.status_code == 401
    assert response.json()["error_description"] == "token was not issued for this client"
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=token)).code is StatusCode.OK
