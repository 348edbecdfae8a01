"""Which proxy the environment selects for a server."""

from __future__ import annotations

import pytest

from zitadel_grpc import ConnectionOptions, _proxies
from zitadel_grpc._endpoint import Endpoint

VARIABLES = ["grpc_proxy", "https_proxy", "http_proxy", "all_proxy", "no_proxy", "no_grpc_proxy"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Resolved:
    """What the environment selects for a host."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    def __call__(self, host: str = "zitadel.example.com", port: int = 443) -> str | None:
        found = _proxies.resolve(Endpoint("https", host, port), ConnectionOptions())
        return None if found is None else found.url


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://a:1"}, "http://a:1"),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "http://a:1"),
        ({"ALL_PROXY": "http://a:1"}, "http://a:1"),
        ({"all_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "http://b:1"),
        ({"grpc_proxy": "http://a:1", "https_proxy": "http://b:1"}, "http://a:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b:1", "ALL_PROXY": "http://c:1"}, "http://b:1"),
        ({"https_proxy": " ", "HTTPS_PROXY": "", "ALL_PROXY": "http://c:1"}, "http://c:1"),
        ({"https_proxy": "http://b:1", "no_proxy": "", "NO_PROXY": "example.com"}, None),
        ({"https_proxy": "http://u:p@w@a:1"}, "http://u:p@w@a:1"),
        ({"HTTP_PROXY": "http://a:1", "http_proxy": "http://a:1"}, None),
        ({"https_proxy": "a:1"}, "http://a:1"),
        ({"https_proxy": "http://a"}, "http://a:80"),
        ({"https_proxy": "http://u:p%2F@a:1/"}, "http://u:p%2F@a:1"),
        ({"https_proxy": "HTTP://[::1]:8080"}, "http://[::1]:8080"),
    ],
)
def test_the_environment_is_read_like_curl_does(
    environment: dict[str, str], url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Resolved(monkeypatch, **environment)() == url


@pytest.mark.parametrize(
    ("listed", "host", "port", "excepted"),
    [
        ("example.com", "zitadel.example.com", 443, True),
        (".example.com", "zitadel.example.com", 443, True),
        (".example.com", "example.com", 443, True),
        ("*.example.com", "zitadel.example.com", 443, True),
        ("ample.com", "zitadel.example.com", 443, False),
        ("EXAMPLE.com", "zitadel.example.com", 443, True),
        ("a.com, example.com", "example.com", 443, True),
        ("a.com example.com", "example.com", 443, True),
        ("example.com:443", "example.com", 443, True),
        ("example.com:8443", "example.com", 443, False),
        ("*", "example.com", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.0/8", "example.com", 443, False),
        ("127.0.0.1:8443", "127.0.0.1", 8443, True),
        ("::1", "::1", 443, True),
        ("[::1]:443", "::1", 443, True),
        ("[::1]:8443", "::1", 443, False),
        ("fd00::/8", "fd00::5", 443, True),
        ("", "example.com", 443, False),
        ("example.com.", "example.com", 443, True),
        ("*:8443", "example.com", 8443, True),
        ("*:8443", "example.com", 443, False),
        (".0.0.1", "127.0.0.1", 443, False),
        ("10.0.0.0/8:443", "10.1.2.3", 443, True),
    ],
)
def test_listed_hosts_bypass_the_proxy(
    listed: str, host: str, port: int, excepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        with monkeypatch.context() as patched:
            resolved = Resolved(patched, https_proxy="http://a:1", **{name: listed})
            assert (resolved(host, port) is None) is excepted
