"""The token endpoint responds like a real server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def _now(offset: float) -> int:
    return int(time.time() + offset)


async def test_a_valid_assertion_gets_an_access_token_and_an_id_token(peer: Peer) -> None:
    response = await peer.request_token()
    body = response.json()
    assert response.status_code == 200
    assert {name: body[name] for name in ("token_type", "expires_in")} == {
        "token_type": "Bearer",
        "expires_in": 43199,
    }
    assert body.keys() == {"access_token", "token_type", "expires_in", "id_token"}


async def test_an_opaque_token_looks_like_a_jwe(peer: Peer) -> None:
    token = await peer.token()
    assert token.startswith("eyJ")
    assert token.count(".") >= 3
    assert 260 <= len(token) <= 300


async def test_the_response_has_a_date_and_must_not_be_stored(peer: Peer) -> None:
    response = await peer.request_token()
    assert "date" in response.headers
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("scope", [None, "", "profile", "urn:zitadel:iam:org:project:id:zitadel:aud"])
async def test_without_openid_there_is_no_id_token(peer: Peer, scope: str | None) -> None:
    response = await peer.request_token(scope)
    assert response.status_code == 200
    assert "id_token" not in response.json()


async def test_offline_access_does_not_return_a_refresh_token(peer: Peer) -> None:
    response = await peer.request_token("openid offline_access")
    assert response.status_code == 200
    assert "refresh_token" not in response.json()


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(lambda _: {"iat": _now(1)}, id="iat 1 s ahead"),
        pytest.param(lambda _: {"iat": _now(-3590)}, id="iat 3,590 s old"),
        pytest.param(lambda _: {"exp": _now(7200)}, id="exp 2 h ahead"),
        pytest.param(lambda _: {"exp": _now(864_000)}, id="exp 10 days ahead"),
        pytest.param(lambda issuer: {"aud": ["https://other.example", issuer]}, id="issuer among audiences"),
    ],
)
async def test_assertions_within_the_limits_are_accepted(peer: Peer, claims: Any) -> None:
    assert (await peer.request_token(**claims(peer.zitadel.issuer))).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(lambda _: {"iat": _now(4)}, id="iat ahead"),
        pytest.param(lambda _: {"iat": _now(-3605)}, id="iat 3,605 s old"),
        pytest.param(lambda _: {"exp": _now(-10)}, id="exp past"),
        pytest.param(lambda _: {"exp": _now(1)}, id="exp 1 s ahead"),
        pytest.param(lambda _: {"exp": None}, id="no exp"),
        pytest.param(lambda _: {"iat": None}, id="no iat"),
        pytest.param(lambda issuer: {"aud": f"{issuer}/"}, id="aud with a slash"),
        pytest.param(lambda issuer: {"aud": f"{issuer}/oauth/v2/token"}, id="aud the token endpoint"),
        pytest.param(lambda _: {"aud": "localhost"}, id="aud the host only"),
        pytest.param(lambda _: {"aud": "https://other.example"}, id="aud another URL"),
        pytest.param(lambda _: {"aud": None}, id="no aud"),
        pytest.param(lambda _: {"iss": "1"}, id="iss other than sub"),
        pytest.param(lambda _: {"iss": "1", "sub": "1"}, id="unknown sub"),
        pytest.param(lambda _: {"headers": {}}, id="no kid"),
        pytest.param(lambda _: {"headers": {"kid": "1"}}, id="unknown kid"),
        pytest.param(lambda _: {"algorithm": "RS512"}, id="RS512"),
        pytest.param(lambda _: {"key": _another_private_key()}, id="another private key"),
    ],
)
async def test_all_invalid_assertions_get_the_same_error(peer: Peer, claims: Any) -> None:
    response = await peer.request_token(**claims(peer.zitadel.issuer))
    _assert_refused(response, "invalid_grant", "invalid assertion")


@pytest.mark.parametrize("assertion", ["", "garbage", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"])
async def test_values_that_are_not_jwts_get_the_same_error(peer: Peer, assertion: str) -> None:
    response = await peer.post("/oauth/v2/token", {"grant_type": JWT_BEARER, "assertion": assertion})
    _assert_refused(response, "invalid_grant", "invalid assertion")


async def test_an_unknown_grant_is_named(peer: Peer) -> None:
    response = await peer.post("/oauth/v2/token", {"grant_type": "foo"})
    _assert_refused(response, "unsupported_grant_type", "foo not supported")


async def test_a_missing_grant_type_a_json_body_and_a_get_have_the_same_error(peer: Peer) -> None:
    url = f"{peer.zitadel.url}/oauth/v2/token"
    for outcome in (
        await peer.http.post(url, data={"scope": "openid"}),
        await peer.http.post(url, json={"grant_type": JWT_BEARER}),
        await peer.http.get(url),
    ):
        _assert_refused(outcome, "invalid_request", "grant_type missing")


async def test_client_credentials_require_a_client(peer: Peer) -> None:
    response = await peer.post("/oauth/v2/token", {"grant_type": "client_credentials"})
    _assert_refused(response, "invalid_request", "client_id or client_assertion must be provided")


@pytest.mark.parametrize("client_id", ["nobody", "zitadel-admin@zitadel.localhost"])
async def test_client_credentials_of_unknown_users_and_humans_are_refused(peer: Peer, client_id: str) -> None:
    response = await peer.post(
        "/oauth/v2/token", {"grant_type": "client_credentials"}, auth=httpx2.BasicAuth(client_id, "secret")
    )
    _assert_refused(response, "invalid_client", "client not found")


async def test_client_credentials_of_a_user_without_secret(peer: Peer) -> None:
    form = {"grant_type": "client_credentials", "client_id": "first-service-user", "client_secret": "x"}
    response = await peer.post("/oauth/v2/token", form)
    _assert_refused(response, "invalid_request", "Errors.User.Machine.Secret.NotExisting")


async def test_grants_that_are_not_emulated_return_501(peer: Peer) -> None:
    response = await peer.post("/oauth/v2/token", {"grant_type": "authorization_code"})
    assert response.status_code == 501
    assert "not implemented" in response.json()["error_description"]


async def test_discovery_has_the_same_issuer_as_tokens(peer: Peer) -> None:
    document = (await peer.http.get(f"{peer.zitadel.url}/.well-known/openid-configuration")).json()
    assert document["issuer"] == peer.zitadel.issuer == peer.zitadel.url
    assert document["token_endpoint"] == f"{peer.zitadel.url}/oauth/v2/token"


async def test_unknown_paths_are_not_found(peer: Peer) -> None:
    assert (await peer.http.get(f"{peer.zitadel.url}/nowhere")).status_code == 404


async def test_another_host_has_no_instance(peer: Peer) -> None:
    url = f"{peer.zitadel.url}/.well-known/openid-configuration"
    refused = await peer.http.get(url, headers={"host": "127.0.0.1:8443"})
    assert refused.status_code == 404
    assert "unable to set instance using origin &{127.0.0.1:8443  https}" in refused.text
    named = {"host": "127.0.0.1:8443", "x-zitadel-instance-host": "localhost"}
    assert (await peer.http.get(url, headers=named)).status_code == 200


def _assert_refused(outcome: httpx2.Response, error: str, description: str) -> None:
    assert outcome.status_code == 400
    assert outcome.json() == {"error": error, "error_description": description}


def _another_private_key() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )
