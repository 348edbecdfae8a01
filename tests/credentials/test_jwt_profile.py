"""The JWT profile: the request, and retries and errors if the server refuses it without a reason."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Exchange, Serve, issue_tokens, token_response
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import CredentialsError
from zitadel_grpc.testing import Emulator

API_SCOPES = ["openid", "urn:zitadel:iam:org:project:id:zitadel:aud"]
KeyData = dict[str, str]


def sent_assertion(
    form: Mapping[str, str], key: KeyData, audience: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the assertion, its signature checked."""
    private = load_pem_private_key(key["key"].encode(), None)
    options = {"key": private.public_key(), "algorithms": ["RS256"], "audience": audience}
    decoded = jwt.decode_complete(form["assertion"], **options)  # type: ignore[arg-type]
    return decoded["header"], decoded["payload"]


def test_a_key_file_gets_a_token(emulator: Emulator, key: JwtProfile, options: ConnectionOptions) -> None:
    assert len(token(cache_of(key, emulator.url, options))) > 200
    assert emulator.token_requests == 1


def test_the_assertion_is_what_zitadel_requires(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(issue_tokens())
    token(cache_of(JwtProfile.from_dict(unknown_key), server.url, trusting))
    now = time.time()

    (request,) = server.requests
    header, claims = sent_assertion(request.form, unknown_key, server.url)
    assert header == {"alg": "RS256", "kid": "key-1", "typ": "JWT"}
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("user-1", "user-1", server.url)
    assert now - 3500 < claims["iat"] < now - 10, "set back, for a server whose clock is behind"
    assert now + 10 < claims["exp"] <= claims["iat"] + 3600, "within the hour"


def test_the_request_is_a_form_to_the_token_endpoint(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(issue_tokens())
    options = dataclasses.replace(trusting, headers={"X-Zitadel-Instance-Host": "acme.example"})
    token(cache_of(JwtProfile.from_dict(unknown_key), server.url, options))

    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/oauth/v2/token")
    assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert request.form.keys() == {"grant_type", "scope", "assertion"}
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["x-zitadel-instance-host"] == "acme.example"
    assert "authorization" not in request.headers


def test_scopes_and_projects_are_added_to_the_required_scopes(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(issue_tokens())
    profile = JwtProfile.from_dict(unknown_key, scopes=["profile", "openid"], project_ids=["123"])
    token(cache_of(profile, server.url, trusting))
    assert server.requests[0].form["scope"].split() == [
        *API_SCOPES,
        "profile",
        "urn:zitadel:iam:org:project:id:123:aud",
    ]


@pytest.mark.parametrize("skew", [-10.0, 10.0])
def test_a_clock_that_is_slightly_off_needs_no_retry(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions, skew: float
) -> None:
    emulator.faults.clock_skew = skew
    assert token(cache_of(key, emulator.url, options))
    assert emulator.token_requests == 1


@pytest.mark.parametrize("skew", [-7200.0, 7200.0])
def test_a_clock_that_is_hours_off_is_corrected_once_and_remembered(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions, skew: float
) -> None:
    emulator.faults.clock_skew = skew
    cache = cache_of(key, emulator.url, options)
    first = cache.wait(10)
    assert emulator.token_requests == 2
    cache.refused(first)
    assert cache.wait(10) != first
    assert emulator.token_requests == 3


def test_a_clock_that_was_set_right_is_corrected_again(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    emulator.faults.clock_skew = -7200.0
    cache = cache_of(key, emulator.url, options)
    first = cache.wait(10)
    emulator.faults.clock_skew = 0.0
    cache.refused(first)
    assert cache.wait(10)


def test_a_wrong_date_that_does_not_help_is_not_remembered(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    def refuse(exchange: Exchange) -> None:
        # http.server adds its own Date header; this one, from a proxy with another clock, comes first.
        body = json.dumps({"error": "invalid_grant", "error_description": "invalid assertion"}).encode()
        date = formatdate(time.time() + 86400, usegmt=True)
        exchange.send(
            f"HTTP/1.1 400 Bad Request\r\ndate: {date}\r\ncontent-length: {len(body)}\r\n"
            "content-type: application/json\r\n\r\n".encode()
            + body
        )

    server = serve(refuse)
    profile = JwtProfile.from_dict(unknown_key)
    for seconds in (5, 6):  # a cache each, since a refusal is held for a while
        refusal(profile, server.url, dataclasses.replace(trusting, token_timeout=seconds))
    assertions = [request.form["assertion"] for request in server.requests if request.form]
    issued = [jwt.decode(sent, options={"verify_signature": False})["iat"] for sent in assertions]
    assert [round((moment - time.time()) / 86400) for moment in issued] == [0, 1, 0, 1]


def refusal(profile: JwtProfile, url: str, options: ConnectionOptions) -> CredentialsError:
    with pytest.raises(CredentialsError) as refused:
        token(cache_of(profile, url, options))
    return refused.value


def test_a_refused_key_is_explained(
    emulator: Emulator, options: ConnectionOptions, unknown_key: KeyData
) -> None:
    error = refusal(JwtProfile.from_dict(unknown_key), emulator.url, options)
    assert error.error == "invalid_grant"
    for part in (
        f"{emulator.url}/oauth/v2/token",
        "invalid_grant, invalid assertion",
        "userId user-1",
        "keyId key-1",
        f"aud {emulator.url}. ",
        "The clocks agree.",
        "Check that the user still has this key and is active",
    ):
        assert part in str(error)
    assert "issuer" not in str(error), "the issuer is right, so it is not the reason"
    assert emulator.token_requests == 1


def test_a_server_with_another_issuer_is_reported(emulator: Emulator, options: ConnectionOptions) -> None:
    by_address = emulator.url.replace("localhost", "127.0.0.1")
    gateway = dataclasses.replace(options, instance_host="localhost")
    profile = JwtProfile.from_dict(emulator.key_file)
    error = refusal(profile, by_address, gateway)
    assert f"aud {by_address}. " in str(error)
    advice = f"the server's issuer is {emulator.url}: use that as the URL, or ConnectionOptions(issuer=…)"
    assert advice in str(error)
    assert token(cache_of(profile, by_address, dataclasses.replace(gateway, issuer=emulator.url)))


@pytest.mark.parametrize(("skew", "way"), [(7200.0, "behind"), (-7200.0, "ahead of")])
def test_a_wrong_clock_is_reported_in_seconds_even_if_it_is_not_the_reason(
    emulator: Emulator, options: ConnectionOptions, unknown_key: KeyData, skew: float, way: str
) -> None:
    emulator.faults.clock_skew = skew
    message = str(refusal(JwtProfile.from_dict(unknown_key), emulator.url, options))
    difference = re.search(
        rf"This machine's clock is (\d+) s {way} the server's; it was retried with the server's clock",
        message,
    )
    assert difference is not None
    assert abs(int(difference[1]) - 7200) <= 5
    assert emulator.token_requests == 2


def test_a_server_that_does_not_send_its_time_is_reported(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    def refuse(exchange: Exchange) -> None:
        exchange.send(b'HTTP/1.1 400 x\r\ncontent-length: 25\r\n\r\n{"error":"invalid_grant"}')

    server = serve(refuse)
    message = str(refusal(JwtProfile.from_dict(unknown_key), server.url, trusting))
    assert "The server did not send its time." in message
    assert "that aud is ZITADEL's own domain" in message
    assert [request.path for request in server.requests] == [
        "/oauth/v2/token",
        "/.well-known/openid-configuration",
    ]


def test_an_inactive_user_is_not_retried(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(
        lambda exchange: exchange.respond(
            400, {"error": "invalid_request", "error_description": "Errors.User.NotActive"}
        )
    )
    error = refusal(JwtProfile.from_dict(unknown_key), server.url, trusting)
    assert error.error == "invalid_request"
    assert "Errors.User.NotActive" in str(error)
    assert len(server.requests) == 1


def test_a_separate_issuer_is_the_audience(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData
) -> None:
    server = serve(issue_tokens())
    options = dataclasses.replace(
        trusting, issuer="https://ID.Example.com:443/", token_endpoint=f"{server.url}/oauth/v2/token"
    )
    token(cache_of(JwtProfile.from_dict(unknown_key), "https://orders.internal", options))
    _, claims = sent_assertion(server.requests[0].form, unknown_key, "https://id.example.com")
    assert claims["aud"] == "https://id.example.com"


def test_a_rotated_key_file_is_used_for_the_next_token(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData, unknown_key_file: Path
) -> None:
    server = serve(issue_tokens())
    cache = cache_of(JwtProfile.from_file(unknown_key_file), server.url, trusting)
    cache.refused(cache.wait(10))
    unknown_key_file.write_text(json.dumps({**unknown_key, "keyId": "key-2"}))
    cache.wait(10)
    used = [jwt.get_unverified_header(request.form["assertion"])["kid"] for request in server.requests]
    assert used == ["key-1", "key-2"]


def test_a_broken_new_key_file_is_reported_until_it_is_fixed(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData, unknown_key_file: Path
) -> None:
    server = serve(lambda exchange: exchange.respond(200, token_response()))
    profile = JwtProfile.from_file(unknown_key_file)
    unknown_key_file.write_text("{")
    with pytest.raises(CredentialsError, match="is not valid JSON") as refused:
        token(cache_of(profile, server.url, trusting))
    assert str(unknown_key_file) in str(refused.value)
    assert not server.requests
    unknown_key_file.write_text(json.dumps(unknown_key))
    assert token(cache_of(profile, server.url, dataclasses.replace(trusting, token_timeout=5))) == "a-token"
