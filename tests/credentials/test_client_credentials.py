"""Client credentials: a service user's id and secret."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote_plus

import pytest

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Serve, issue_tokens
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.authn.v1 import KEY_TYPE_JSON
from zitadel_grpc.api.management.v1 import (
    AddMachineKeyRequest,
    AddMachineUserRequest,
    DeactivateUserRequest,
    GenerateMachineSecretRequest,
    GetUserByLoginNameGlobalRequest,
)
from zitadel_grpc.credentials import ClientCredentials, JwtProfile, PersonalAccessToken, _client_credentials
from zitadel_grpc.errors import CredentialsError
from zitadel_grpc.testing import Emulator

UNSEEN = json.dumps(
    {"error": "invalid_request", "error_description": "Errors.User.Machine.Secret.NotExisting"}
).encode()


@pytest.fixture
def secret(emulator: Emulator, options: ConnectionOptions) -> ClientCredentials:
    """The secret of a service user in the emulator."""
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        user = client.management.AddMachineUser(AddMachineUserRequest(user_name="robot", name="Robot"))
        made = client.management.GenerateMachineSecret(GenerateMachineSecretRequest(user_id=user.user_id))
    return ClientCredentials(made.client_id, made.client_secret)


def test_the_documented_example_is_sent_as_documented() -> None:
    credentials = ClientCredentials("78366401571920522@amce", "veryweaksecret!")
    assert credentials.authenticate("https://issuer").basic == (
        "Basic NzgzNjY0MDE1NzE5MjA1MjIlNDBhbWNlOnZlcnl3ZWFrc2VjcmV0JTIx"
    )


@pytest.mark.parametrize("text", ["plain", "a:b", "50% off", "ünïcödé", 'q"u\\o/t+e'])
def test_both_parts_are_form_encoded(serve: Serve, trusting: ConnectionOptions, text: str) -> None:
    server = serve(issue_tokens())
    token(cache_of(ClientCredentials(text, text), server.url, trusting))
    (request,) = server.requests
    scheme, _, encoded = request.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode() == f"{quote_plus(text)}:{quote_plus(text)}"


def test_the_form_requests_the_scopes_that_the_apis_need(serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(issue_tokens())
    token(cache_of(ClientCredentials("id", "secret", project_ids=["123"]), server.url, trusting))
    assert server.requests[0].form == {
        "grant_type": "client_credentials",
        "scope": "openid urn:zitadel:iam:org:project:id:zitadel:aud urn:zitadel:iam:org:project:id:123:aud",
    }


def test_calls_work_with_a_secret(
    emulator: Emulator, options: ConnectionOptions, secret: ClientCredentials
) -> None:
    with Client(emulator.url, secret, options=options) as client:
        assert client.auth.GetMyUser(GetMyUserRequest()).user.user_name == "robot"


def test_a_secret_that_is_not_visible_yet_is_retried(
    emulator: Emulator, options: ConnectionOptions, secret: ClientCredentials
) -> None:
    emulator.faults.token_endpoint.respond(400, body=UNSEEN, times=2)
    assert token(cache_of(secret, emulator.url, options))
    assert emulator.token_requests == 3


def test_a_removed_secret_is_reported_after_some_retries(
    emulator: Emulator,
    options: ConnectionOptions,
    secret: ClientCredentials,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_client_credentials, "_KNOWN_WITHIN", 2.5)
    emulator.faults.token_endpoint.respond(400, body=UNSEEN, times=100)
    with pytest.raises(CredentialsError, match=r"Secret\.NotExisting") as refused:
        token(cache_of(secret, emulator.url, options))
    assert refused.value.error == "invalid_request"
    assert 2 <= emulator.token_requests <= 10


def test_a_wrong_secret_is_reported(
    emulator: Emulator, options: ConnectionOptions, secret: ClientCredentials
) -> None:
    with pytest.raises(CredentialsError, match=r"invalid_request, Errors.User.Machine.Secret.Invalid"):
        token(cache_of(ClientCredentials("robot", "wrong"), emulator.url, options))
    assert emulator.token_requests == 1


def test_an_unknown_client_is_reported(emulator: Emulator, options: ConnectionOptions) -> None:
    with pytest.raises(CredentialsError, match="client not found") as refused:
        token(cache_of(ClientCredentials("nobody", "secret"), emulator.url, options))
    assert refused.value.error == "invalid_client"


@pytest.mark.parametrize("client_id", ["nobody", "78366401571920522", "the-secret"])
def test_the_hint_for_an_unknown_client_explains_client_ids(
    emulator: Emulator, options: ConnectionOptions, client_id: str
) -> None:
    with pytest.raises(CredentialsError, match="client id of a service user is its user name") as refused:
        token(cache_of(ClientCredentials(client_id, "secret"), emulator.url, options))
    assert ("only digits" in str(refused.value)) is client_id.isdecimal()
    assert client_id not in str(refused.value), "id and secret may have been swapped"


@pytest.mark.parametrize(
    ("error", "description", "hint"),
    [
        ("invalid_request", "Errors.User.Machine.Secret.Invalid", "replaces the previous one"),
        (
            "invalid_request",
            "Errors.User.Machine.Secret.NotExisting",
            "a new one that ZITADEL does not accept yet",
        ),
        ("invalid_request", "Errors.User.NotActive", "reactivate"),
        ("invalid_client", "Client wurde nicht gefunden", "is its user name"),
        ("invalid_grant", "", "Check that the user is active"),
        ("unauthorized_client", "", "is its user name"),
    ],
)
def test_each_refusal_says_what_to_do(
    serve: Serve,
    trusting: ConnectionOptions,
    monkeypatch: pytest.MonkeyPatch,
    error: str,
    description: str,
    hint: str,
) -> None:
    monkeypatch.setattr(_client_credentials, "_KNOWN_WITHIN", 0.1)
    server = serve(lambda exchange: exchange.respond(400, {"error": error, "error_description": description}))
    with pytest.raises(CredentialsError, match=hint) as refused:
        token(cache_of(ClientCredentials("robot", "a-secret"), server.url, trusting))
    assert refused.value.error == error
    assert description in str(refused.value)
    assert "a-secret" not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_deactivated_user_is_reported(
    emulator: Emulator, options: ConnectionOptions, secret: ClientCredentials
) -> None:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        found = client.management.GetUserByLoginNameGlobal(
            GetUserByLoginNameGlobalRequest(login_name="robot")
        )
        key = client.management.AddMachineKey(
            AddMachineKeyRequest(user_id=found.user.id, type=KEY_TYPE_JSON)
        ).key_details
        client.management.DeactivateUser(DeactivateUserRequest(id=found.user.id))
    for credentials in (secret, JwtProfile.from_json(key.decode())):
        with pytest.raises(CredentialsError, match=r"NotActive.*reactivate it"):
            token(cache_of(credentials, emulator.url, options))


@pytest.mark.parametrize(
    ("client_id", "secret", "name"), [("", "s", "client_id"), ("i", "", "client_secret")]
)
def test_an_empty_part_is_reported(client_id: str, secret: str, name: str) -> None:
    with pytest.raises(CredentialsError, match=f"{name} is empty"):
        ClientCredentials(client_id, secret)
