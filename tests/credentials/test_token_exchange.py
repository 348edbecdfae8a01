"""Token exchange and impersonation by an application with a secret or a key."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Exchange, Serve, issue_tokens, token_response
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.admin.v1 import SetSecurityPolicyRequest, UpdateIAMMemberRequest
from zitadel_grpc.api.app.v1 import OIDCAuthMethodType, OIDCGrantType
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.authn.v1 import KeyType
from zitadel_grpc.api.management.v1 import (
    AddAppKeyRequest,
    AddMachineUserRequest,
    AddOIDCAppRequest,
    AddProjectRequest,
)
from zitadel_grpc.credentials import (
    AccessToken,
    ApplicationKey,
    ClientCredentials,
    JwtProfile,
    PersonalAccessToken,
    Token,
    TokenExchange,
    TokenType,
)
from zitadel_grpc.errors import ConfigurationError, CredentialsError, PermissionDenied
from zitadel_grpc.testing import Emulator

ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
EXCHANGE_GRANT = OIDCGrantType.OIDC_GRANT_TYPE_TOKEN_EXCHANGE


@pytest.fixture
def manager(emulator: Emulator, options: ConnectionOptions) -> Iterator[Client]:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        yield client


@pytest.fixture
def project_id(manager: Client) -> str:
    return manager.management.AddProject(AddProjectRequest(name="orders")).id


@pytest.fixture
def web(manager: Client, project_id: str) -> ClientCredentials:
    """An application that may exchange tokens."""
    made = manager.management.AddOIDCApp(
        AddOIDCAppRequest(project_id=project_id, name="web", grant_types=[EXCHANGE_GRANT])
    )
    return ClientCredentials(made.client_id, made.client_secret)


@pytest.fixture
def user(emulator: Emulator, project_id: str) -> JwtProfile:
    """The first service user, with tokens for the project too."""
    return JwtProfile.from_dict(emulator.key_file, project_ids=[project_id])


def test_calls_work_with_an_exchanged_token(
    emulator: Emulator, options: ConnectionOptions, web: ClientCredentials, user: JwtProfile
) -> None:
    with Client(emulator.url, TokenExchange(web, user), options=options) as client:
        assert client.auth.GetMyUser(GetMyUserRequest()).user.id == emulator.key_file["userId"]


def test_an_application_can_authenticate_with_its_key(
    emulator: Emulator, options: ConnectionOptions, manager: Client, project_id: str, user: JwtProfile
) -> None:
    made = manager.management.AddOIDCApp(
        AddOIDCAppRequest(
            project_id=project_id,
            name="signing",
            grant_types=[EXCHANGE_GRANT],
            auth_method_type=OIDCAuthMethodType.OIDC_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT,
        )
    )
    key = manager.management.AddAppKey(
        AddAppKeyRequest(project_id=project_id, app_id=made.app_id, type=KeyType.KEY_TYPE_JSON)
    )
    application = ApplicationKey.from_json(key.key_details.decode())
    assert token(cache_of(TokenExchange(application, user), emulator.url, options))


def test_a_jwt_can_be_requested(
    emulator: Emulator, options: ConnectionOptions, web: ClientCredentials, user: JwtProfile
) -> None:
    exchanged = token(
        cache_of(TokenExchange(web, user, requested_token_type=TokenType.JWT), emulator.url, options)
    )
    assert jwt.decode(exchanged, options={"verify_signature": False})["sub"] == emulator.key_file["userId"]


def test_impersonation_is_for_your_own_services_only(
    emulator: Emulator, options: ConnectionOptions, manager: Client, web: ClientCredentials, user: JwtProfile
) -> None:
    manager.admin.SetSecurityPolicy(SetSecurityPolicyRequest(enable_impersonation=True))
    roles = ["IAM_OWNER", "IAM_ADMIN_IMPERSONATOR"]
    manager.admin.UpdateIAMMember(UpdateIAMMemberRequest(user_id=emulator.key_file["userId"], roles=roles))
    other = manager.management.AddMachineUser(AddMachineUserRequest(user_name="robot", name="Robot"))
    robot = TokenExchange.impersonate(web, other.user_id, actor=user)
    assert token(cache_of(robot, emulator.url, options))
    with Client(emulator.url, robot, options=options) as client, pytest.raises(PermissionDenied) as refused:
        client.auth.GetMyUser(GetMyUserRequest())
    assert refused.value.error_id == "APP-Shi0J"
    assert "your own services only" in str(refused.value)


def test_the_request_follows_the_standard(serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(issue_tokens())
    exchange = TokenExchange(
        ClientCredentials("app", "secret"),
        "subject-token",
        actor_token=PersonalAccessToken("actor-token"),
        scopes=["profile"],
    )
    assert token(cache_of(exchange, server.url, trusting)) == "token-1"
    (request,) = server.requests
    assert request.form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requested_token_type": ACCESS_TOKEN_TYPE,
        "scope": "openid urn:zitadel:iam:org:project:id:zitadel:aud profile",
        "subject_token": "subject-token",
        "subject_token_type": ACCESS_TOKEN_TYPE,
        "actor_token": "actor-token",
        "actor_token_type": ACCESS_TOKEN_TYPE,
    }
    assert request.headers["authorization"].startswith("Basic ")


def test_impersonation_names_the_user_by_id(serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(issue_tokens())
    client = ClientCredentials("app", "secret")
    token(cache_of(TokenExchange.impersonate(client, "17", actor="actor-token"), server.url, trusting))
    form = server.requests[0].form
    assert (form["subject_token"], form["actor_token"]) == ("17", "actor-token")
    assert form["subject_token_type"] == "urn:zitadel:params:oauth:token-type:user_id"


def test_the_key_of_an_application_signs_its_assertion(
    serve: Serve, trusting: ConnectionOptions, unknown_key: dict[str, str], tmp_path: Path
) -> None:
    data = {**unknown_key, "type": "application", "clientId": "client-1", "appId": "app-1"}
    (file := tmp_path / "application.json").write_text(json.dumps(data))
    key = ApplicationKey.from_file(file)
    server = serve(issue_tokens())
    cache = cache_of(TokenExchange(key, "subject-token"), server.url, trusting)
    cache.refused(cache.wait(10))
    file.write_text(json.dumps({**data, "keyId": "key-2"}))
    cache.wait(10)

    assert "authorization" not in server.requests[0].headers
    form = server.requests[0].form
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("client-1", "client-1", server.url)
    kids = [jwt.get_unverified_header(request.form["client_assertion"])["kid"] for request in server.requests]
    assert kids == ["key-1", "key-2"], "a rotated file is used from the next proof on"


def test_a_revoked_token_of_the_subject_is_fetched_again(serve: Serve, trusting: ConnectionOptions) -> None:
    numbers = itertools.count(1)

    def respond(exchange: Exchange) -> None:
        if exchange.received.form["subject_token"] == "subject-1":
            exchange.respond(400, {"error": "invalid_request", "error_description": "subject_token invalid"})
        else:
            exchange.respond(200, token_response("exchanged"))

    server = serve(respond)
    subject = AccessToken(lambda: Token(f"subject-{next(numbers)}", 3600))
    client = ClientCredentials("app", "secret")
    assert token(cache_of(TokenExchange(client, subject), server.url, trusting)) == "exchanged"
    with pytest.raises(CredentialsError, match="subject_token invalid"):
        token(cache_of(TokenExchange(client, "subject-1"), server.url, trusting))
    assert len(server.requests) == 3


def test_a_subject_without_a_token_is_reported(serve: Serve, trusting: ConnectionOptions) -> None:
    def function() -> str:
        raise CredentialsError("the user logged out")

    server = serve(issue_tokens())
    exchange = TokenExchange(ClientCredentials("app", "secret"), AccessToken(function))
    with pytest.raises(CredentialsError, match="the user logged out"):
        token(cache_of(exchange, server.url, dataclasses.replace(trusting, token_timeout=5)))
    assert not server.requests


def test_an_unknown_token_type_is_reported() -> None:
    with pytest.raises(ConfigurationError, match="requested_token_type must be one of urn:"):
        TokenExchange(ClientCredentials("app", "secret"), "a-token", requested_token_type="jwt")
