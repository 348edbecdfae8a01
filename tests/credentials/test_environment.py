"""Settings from the environment: exactly one kind of credentials, and errors that name the variable."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from zitadel_grpc import Client, ConnectionOptions, _environment, _trust
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import ClientCredentials
from zitadel_grpc.errors import ConfigurationError, CredentialsError
from zitadel_grpc.testing import Emulator

URL = "ZITADEL_API_URL"
Environment = dict[str, str]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ZITADEL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv(URL, "https://id.example.com")


def credentials() -> str:
    return repr(_environment.read().credentials)


def test_a_client_is_created_from_the_environment(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ca := tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    (key := tmp_path / "key.json").write_text(json.dumps(emulator.key_file))
    for name, value in ((URL, emulator.url), ("ZITADEL_KEY_PATH", key), ("ZITADEL_CA_FILE", ca)):
        monkeypatch.setenv(name, str(value))
    with Client.from_env() as client:
        assert client.management.GetMyOrg(GetMyOrgRequest()).org.id


def test_each_kind_of_credentials_is_read(
    unknown_key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pat := tmp_path / "pat.txt").write_text("a-token\n")
    kinds: dict[str, Environment] = {
        "JwtProfile(user_id='user-1')": {"ZITADEL_KEY_PATH": str(unknown_key_file)},
        "JwtProfile(user_id='user-1') ": {"ZITADEL_KEY_JSON": unknown_key_file.read_text()},
        "PersonalAccessToken(…)": {"ZITADEL_SERVICE_USER_TOKEN": "a-token\n"},
        f"PersonalAccessToken(file={str(pat)!r})": {"ZITADEL_SERVICE_USER_TOKEN_FILE": str(pat)},
        "ClientCredentials(client_id='robot')": {
            "ZITADEL_CLIENT_ID": "robot",
            "ZITADEL_CLIENT_SECRET": "a-secret",
        },
    }
    for shown, variables in kinds.items():
        with monkeypatch.context() as context:
            for name, value in variables.items():
                context.setenv(name, value)
            assert credentials() == shown.strip()


def test_the_rest_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", "a-token")
    settings = _environment.read()
    assert (settings.url, settings.org_id) == ("https://id.example.com", None)
    assert settings.options.root_certificates is None
    monkeypatch.setenv("ZITADEL_ORG_ID", "17")
    assert _environment.read().org_id == "17"


def test_options_apply_where_no_variable_is_set(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", "a-token")
    given = ConnectionOptions(root_certificates=b"other", retries="none")
    assert _environment.read(given).options == given

    (ca := tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    monkeypatch.setenv("ZITADEL_CA_FILE", str(ca))
    found = _environment.read(given).options
    assert (found.root_certificates, found.retries) == (emulator.root_certificates, "none")


def test_an_empty_variable_is_treated_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", "a-token")
    for name in ("ZITADEL_KEY_PATH", "ZITADEL_CLIENT_ID", "ZITADEL_ORG_ID", "ZITADEL_CA_FILE"):
        monkeypatch.setenv(name, " ")
    assert _environment.read().org_id is None


def test_a_trailing_line_break_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CLIENT_ID", "robot"), ("CLIENT_SECRET", "a-secret"), ("ORG_ID", "17")):
        monkeypatch.setenv(f"ZITADEL_{name}", f"{value}\n")
    settings = _environment.read()
    assert settings.org_id == "17"
    assert isinstance(settings.credentials, ClientCredentials)
    expected = ClientCredentials("robot", "a-secret").authenticate("https://issuer")
    assert settings.credentials.authenticate("https://issuer") == expected


def test_a_missing_url_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(URL)
    with pytest.raises(ConfigurationError, match="ZITADEL_API_URL is not set"):
        _environment.read()


def test_missing_credentials_are_reported_with_all_variables() -> None:
    with pytest.raises(ConfigurationError) as refused:
        _environment.read()
    for name in (
        "ZITADEL_KEY_PATH",
        "ZITADEL_KEY_JSON",
        "ZITADEL_SERVICE_USER_TOKEN",
        "ZITADEL_SERVICE_USER_TOKEN_FILE",
        "ZITADEL_CLIENT_ID with ZITADEL_CLIENT_SECRET",
    ):
        assert name in str(refused.value)


def test_two_kinds_at_once_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_KEY_PATH", "key.json")
    monkeypatch.setenv("ZITADEL_CLIENT_SECRET", "a-secret")
    with pytest.raises(
        ConfigurationError, match="ZITADEL_KEY_PATH and ZITADEL_CLIENT_SECRET are set"
    ) as refused:
        _environment.read()
    assert "a-secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["ZITADEL_CLIENT_ID", "ZITADEL_CLIENT_SECRET"])
def test_half_of_a_pair_is_reported(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "a-value")
    (missing,) = {"ZITADEL_CLIENT_ID", "ZITADEL_CLIENT_SECRET"} - {name}
    with pytest.raises(ConfigurationError, match=f"{missing} is not set"):
        _environment.read()


def test_a_missing_file_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_KEY_PATH", "/nowhere/key.json")
    with pytest.raises(CredentialsError, match=r"/nowhere/key\.json cannot be read"):
        _environment.read()
    monkeypatch.setenv("ZITADEL_CA_FILE", "/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match=r"ZITADEL_CA_FILE: /nowhere/ca\.pem cannot be read"):
        _environment.read()


@pytest.mark.parametrize(("kind", "fault"), [("pipe", "is a pipe"), ("/dev/zero", "is larger than")])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with a name")
def test_an_endless_ca_file_is_reported(
    kind: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zitadel_grpc._file_content.PIPE_TIMEOUT", 0.2)
    path = tmp_path / "ca" if kind == "pipe" else Path(kind)
    if kind == "pipe":
        os.mkfifo(path)
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", "a-token")
    monkeypatch.setenv("ZITADEL_CA_FILE", str(path))
    with pytest.raises(ConfigurationError, match=f"ZITADEL_CA_FILE: .*{fault}"):
        _environment.read()
    monkeypatch.delenv("ZITADEL_CA_FILE")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", raising=False)
    with pytest.raises(ConfigurationError, match=f"SSL_CERT_FILE: .*{fault}"):
        _trust.root_certificates(ConnectionOptions())


def test_an_invalid_key_is_reported_without_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_KEY_JSON", '{"key": "a-secret"')
    with pytest.raises(CredentialsError, match="the key is not valid JSON") as refused:
        _environment.read()
    assert "a-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ZITADEL_KEY_PATH", "/nowhere/key.json"),
        ("ZITADEL_KEY_JSON", '{"type": "serviceaccount"'),
        ("ZITADEL_SERVICE_USER_TOKEN", "two words"),
        ("ZITADEL_SERVICE_USER_TOKEN_FILE", "/nowhere/pat.txt"),
    ],
)
def test_an_invalid_value_is_reported_with_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(CredentialsError, match=f"^{variable}: "):
        _environment.read()


def test_a_path_in_place_of_a_token_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pat.txt").write_text("the-token")
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", str(tmp_path / "pat.txt"))
    with pytest.raises(CredentialsError, match="is a path"):
        _environment.read()
