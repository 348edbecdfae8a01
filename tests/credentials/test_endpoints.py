"""Server URLs, issuers and token endpoints: accepted forms and errors."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc.credentials import PersonalAccessToken, TokenServer
from zitadel_grpc.credentials._token_server import resolve_token_server
from zitadel_grpc.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://id.example.com", "https://id.example.com", "id.example.com:443"),
        ("https://id.example.com/", "https://id.example.com", "id.example.com:443"),
        ("https://id.example.com:443", "https://id.example.com", "id.example.com:443"),
        ("https://id.example.com:8443/", "https://id.example.com:8443", "id.example.com:8443"),
        ("id.example.com", "https://id.example.com", "id.example.com:443"),
        ("id.example.com:8443", "https://id.example.com:8443", "id.example.com:8443"),
        ("HTTPS://ID.Example.COM", "https://id.example.com", "id.example.com:443"),
        ("  https://id.example.com\n", "https://id.example.com", "id.example.com:443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example:443"),
        ("https://zitadel_1:8080", "https://zitadel_1:8080", "zitadel_1:8080"),
        ("https://10.0.0.1:8443", "https://10.0.0.1:8443", "10.0.0.1:8443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]", "[2001:db8::1]:443"),
        ("http://localhost:8080", "http://localhost:8080", "localhost:8080"),
        ("http://localhost", "http://localhost", "localhost:80"),
        ("http://acme.localhost:8080", "http://acme.localhost:8080", "acme.localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_a_url_has_an_origin_and_a_target(url: str, origin: str, target: str) -> None:
    endpoint = Endpoint.parse(url)
    assert (endpoint.origin, endpoint.target) == (origin, target)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        (7, "must be a str, not int"),
        (b"https://id.example.com", "must be a str, not bytes"),
        (
            "https://id.example.com/ui/console",
            "must not have a path; pass https://id.example.com",
        ),
        ("https://id.example.com?a=b", "must not have a query or fragment"),
        ("https://id.example.com#top", "must not have a query or fragment"),
        ("grpc://id.example.com", "the unsupported scheme 'grpc'; use https"),
        ("ftp://id.example.com", "the unsupported scheme 'ftp'; use https"),
        ("https://", "no valid host name"),
        ("https:/localhost:18443", "use https://host"),
        ("https//localhost:18443", "use https://host"),
        ("https://two words", "no valid host name"),
        ("https://bücher.example", "no valid host name"),
        ("https://under%20way", "no valid host name"),
        ("https://a..b", "no valid host name"),
        ("https://" + "a" * 64 + ".com", "no valid host name"),
        ("https://" + "a." * 127 + "com", "no valid host name"),
        ("https://host\\path", "no valid host name"),
        ("https://[fe80::1%25eth0]", "no valid host name"),
        ("https://ho\nst", "has an invalid host or port"),
        ("https://host\t.example", "has an invalid host or port"),
        ("https://[::1", "has an invalid host or port"),
        ("https://host:0", "has an invalid host or port"),
        ("https://host:65536", "has an invalid host or port"),
        ("https://host:port", "has an invalid host or port"),
        ("https:host", "has an invalid host or port"),
    ],
)
def test_a_url_that_cannot_work_is_reported(url: Any, fault: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Endpoint.parse(url)
    assert fault in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "https://admin:a-password@id.example.com",
        "https://a-password@id.example.com/path",
        "http://admin:a-password@id.example.com",
        "https://admin:a-password@id.example.com:port",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Endpoint.parse(url)
    assert "a-password" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("url", ["http://id.example.com", "http://10.0.0.1", "http://localhost.example.com"])
def test_plaintext_to_another_machine_must_be_allowed(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is plaintext.*ConnectionOptions\(allow_plaintext=True\)"):
        AsyncClient(url, PersonalAccessToken("a-token"))
    assert Endpoint.parse(url, allow_plaintext=True).origin == url


def server(url: str, **options: Any) -> TokenServer:
    return resolve_token_server(Endpoint.parse(url), ConnectionOptions(**options))


def test_the_issuer_is_the_url_in_the_form_that_zitadel_uses() -> None:
    known = server("https://ID.example.com:443/")
    assert (known.issuer, known.token_endpoint) == (
        "https://id.example.com",
        "https://id.example.com/oauth/v2/token",
    )


def test_tokens_come_from_another_issuer() -> None:
    known = server("https://orders.internal", issuer="id.example.com")
    assert known.issuer == "https://id.example.com"
    assert known.token_endpoint == "https://id.example.com/oauth/v2/token"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://10.0.0.1:8443/oauth/v2/token", "https://10.0.0.1:8443/oauth/v2/token"),
        ("sso.example.com/token?tenant=a://b", "https://sso.example.com/token?tenant=a://b"),
        (" https://sso.example.com\n", "https://sso.example.com/"),
        ("http://localhost:8080/token", "http://localhost:8080/token"),
    ],
)
def test_another_token_endpoint_keeps_the_issuer(given: str, asked: str) -> None:
    known = server("https://id.example.com", token_endpoint=given)
    assert (known.issuer, known.token_endpoint) == ("https://id.example.com", asked)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"issuer": "http://id.example.com"}, "the issuer http://id.example.com is plaintext"),
        ({"issuer": "https://id.example.com/realm"}, "the issuer must not have a path"),
        (
            {"token_endpoint": "http://id.example.com/token"},
            "the token endpoint http://id.example.com is plain",
        ),
        (
            {"token_endpoint": "https://id.example.com/a b"},
            "the path of the token endpoint contains whitespace",
        ),
        ({"token_endpoint": "https:///token"}, "the token endpoint has no valid host"),
        ({"authority": "id.example.com/path"}, "the authority must not have a path"),
        ({"authority": "https://id.example.com"}, "the authority"),
        ({"authority": ""}, "the authority"),
    ],
)
def test_options_that_cannot_work_are_reported_by_name(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        server("https://orders.internal", **options)
    assert named in str(refused.value)


def test_an_authority_sets_the_issuer_and_the_requested_host() -> None:
    known = server("https://10.0.0.1:8443", authority="id.example.com:443")
    assert known.issuer == "https://id.example.com"
    assert known.token_endpoint == "https://10.0.0.1:8443/oauth/v2/token"
    assert known.host == "id.example.com"


def test_an_authority_on_a_loopback_port_can_be_any_host() -> None:
    assert server("http://localhost:8080", authority="id.example.com").issuer == "http://id.example.com"


def test_options_that_do_not_affect_tokens_do_not_separate_token_servers() -> None:
    assert server("https://a.example", channel_options=[("x", 1)]) == server("https://a.example")
    assert server("https://a.example", headers={"x-a": "b"}) != server("https://a.example")
