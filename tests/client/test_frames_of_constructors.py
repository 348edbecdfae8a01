"""Errors of invalid credentials, options, clients and environments have no secret in their frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.frames import SECRET, leaks
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.credentials import (
    AccessToken,
    ClientCredentials,
    JwtProfile,
    PersonalAccessToken,
    SystemUser,
    Token,
)
from zitadel_grpc.errors import ZitadelError


@pytest.mark.parametrize(
    "make",
    [
        lambda _: JwtProfile.from_json(SECRET),
        lambda _: JwtProfile.from_dict(
            {"type": "serviceaccount", "keyId": "1", "userId": "2", "key": SECRET}
        ),
        lambda _: JwtProfile.from_json(json.dumps({"type": "application", "key": SECRET})),
        lambda path: JwtProfile.from_file(path),
        lambda path: SystemUser.from_file("somebody", path),
        lambda path: PersonalAccessToken.from_file(path),
        lambda _: PersonalAccessToken(f"{SECRET}\n{SECRET}"),
        lambda _: AccessToken(f"{SECRET}\n{SECRET}"),
        lambda _: ClientCredentials("", SECRET),
    ],
)
def test_credentials_that_cannot_be_read_show_no_secret(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET} {SECRET}")

    with pytest.raises(ZitadelError) as caught:
        make(path)

    assert leaks(caught.value, SECRET) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: ConnectionOptions(private_key=SECRET.encode()),
        lambda: ConnectionOptions(headers={"x-key": f"{SECRET}\n"}),
        lambda: ConnectionOptions(proxy=f"ftp://user:{SECRET}@proxy.example"),
        lambda: Client(f"https://user:{SECRET}@zitadel.example", PersonalAccessToken("x")),
        lambda: AsyncClient(f"https://user:{SECRET}@zitadel.example", PersonalAccessToken("x")),
        lambda: secure_channel(f"https://user:{SECRET}@zitadel.example", PersonalAccessToken("x")),
        lambda: Token(f"{SECRET}\n"),
        lambda: Token(SECRET, -1),
        lambda: Client("https://zitadel.example", PersonalAccessToken("x")).with_retries(SECRET),  # type: ignore[arg-type]
        lambda: ConnectionOptions(issuer=f'{{"key": "{SECRET}"}}'),
        lambda: ConnectionOptions(authority=f"eyJhbGciOiJSUzI1NiJ9.{SECRET}"),
        lambda: ConnectionOptions(token_endpoint=f"-----BEGIN PRIVATE KEY-----\n{SECRET}"),
    ],
)
def test_invalid_options_and_clients_show_no_secret(make: Callable[[], Any]) -> None:
    with pytest.raises(ZitadelError) as caught:
        make()

    assert leaks(caught.value, SECRET) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZITADEL_KEY_JSON", SECRET),
        ("ZITADEL_CA_FILE", SECRET),
        ("ZITADEL_ORG_ID", f"eyJhbGciOiJSUzI1NiJ9.{SECRET}"),
        ("ZITADEL_API_URL", f'{{"key": "{SECRET}"}}'),
    ],
)
def test_an_invalid_environment_shows_no_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", "https://zitadel.example")
    if name != "ZITADEL_KEY_JSON":
        monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", "x")
    monkeypatch.setenv(name, value)

    with pytest.raises(ZitadelError) as caught:
        Client.from_env()

    assert leaks(caught.value, SECRET) == []
