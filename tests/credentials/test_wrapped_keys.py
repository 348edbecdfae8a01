"""Keys, tokens and ids in the forms in which environment variables, files and secret stores pass them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from zitadel_grpc import Client, ConnectionOptions, scopes
from zitadel_grpc.credentials import AccessToken, JwtProfile, PersonalAccessToken, SystemUser
from zitadel_grpc.errors import ConfigurationError, CredentialsError
from zitadel_grpc.testing import Emulator
from zitadel_grpc.testing._keys import KeyPair

URL = "https://localhost:1"
OPAQUE = "gN5xGqk_9-f0WJ3uXUZ0bq7JfJ9k2yPzQx1"
PEM = KeyPair.generate().private_pem.decode()
KEY = {"type": "serviceaccount", "keyId": "1", "userId": "2", "key": PEM}

WRAPPED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "line breaks expanded": lambda text: text.replace("\\n", "\n"),
    "line breaks doubled": lambda text: text.replace("\\n", "\\\\n"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "single quotes": lambda text: f"'{text}'",
    "double quotes": lambda text: f'"{text}"',
    "byte order mark": lambda text: f"\ufeff{text}\n",
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "base64 in quotes": lambda text: f'"{base64.b64encode(text.encode()).decode()}"',
    "a JSON string": json.dumps,
    "a JSON string twice": lambda text: json.dumps(json.dumps(text)),
    "a JSON string of several lines": lambda text: json.dumps(json.dumps(json.loads(text), indent=2)),
    "line breaks doubled twice": lambda text: text.replace("\\n", "\\\\\\\\n"),
    "line breaks as spaces": lambda text: text.replace("\\n", " "),
    "escaped": lambda text: text.replace("\\", "\\\\").replace('"', '\\"'),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=list(WRAPPED))
def test_a_key_is_read_in_every_form_in_which_environments_pass_it(
    wrap: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = wrap(json.dumps(KEY))
    assert repr(JwtProfile.from_json(text)) == "JwtProfile(user_id='2')"
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    monkeypatch.setenv("ZITADEL_KEY_JSON", text)
    assert "user_id='2'" in repr(Client.from_env())


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_key_file_may_be_in_utf_16(encoding: str, mark: str, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes((mark + json.dumps(KEY)).encode(encoding))
    assert repr(JwtProfile.from_file(tmp_path / "key.json")) == "JwtProfile(user_id='2')"
    (tmp_path / "pat").write_bytes(f"{mark}{OPAQUE}\r\n".encode(encoding))
    assert PersonalAccessToken.from_file(tmp_path / "pat")


@pytest.mark.parametrize("around", ["\ufeff{}\n", " \ufeff \ufeff{}\u00a0", "{}\u200b"])
def test_whitespace_around_a_value_are_removed_in_code_as_in_the_environment(
    around: str, zitadel: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    url, pat = around.format(zitadel.url), around.format(zitadel.pat)
    with Client(url, PersonalAccessToken(pat), options=options, org_id=around.format("1")) as client:
        assert client.access_token() == zitadel.pat
    assert AccessToken(pat)
    assert SystemUser(around.format("u"), around.format(PEM))
    assert scopes.join(project_ids=[around.format("12")]) == scopes.join(project_ids=["12"])
    monkeypatch.setenv("ZITADEL_API_URL", url)
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", pat)
    with Client.from_env(options=options) as client:
        assert client.access_token() == zitadel.pat


@pytest.mark.parametrize("wrap", [WRAPPED["base64"], WRAPPED["a JSON string"], WRAPPED["single quotes"]])
def test_a_pem_key_is_unwrapped_too(wrap: Callable[[str], str]) -> None:
    assert SystemUser("u", wrap(PEM))


def test_quotes_around_variables_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", f'"{URL}"')
    monkeypatch.setenv("ZITADEL_CLIENT_ID", "'id' \n")
    monkeypatch.setenv("ZITADEL_CLIENT_SECRET", '"secret"')
    assert repr(Client.from_env()) == f"Client({URL!r}, ClientCredentials(client_id='id'))"
    monkeypatch.setenv("ZITADEL_ORG_ID", "${ORG}")
    with pytest.raises(ConfigurationError, match="ZITADEL_ORG_ID contains a variable reference"):
        Client.from_env()


@pytest.mark.parametrize("reference", ["${ORG}", "${HOME}/x", "$(ORG)", "$ORG", "${ORG:-}", '"${ORG}"'])
def test_a_reference_that_was_not_expanded_is_reported(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN_FILE", reference)
    with pytest.raises(
        ConfigurationError, match="ZITADEL_SERVICE_USER_TOKEN_FILE contains a variable reference"
    ):
        Client.from_env()


def test_variables_of_other_programs_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", OPAQUE)
    monkeypatch.setenv("ZITADEL_MASTERKEY", "${MASTERKEY}")  # of the server
    assert Client.from_env()


@pytest.mark.parametrize("path", ["/run/secrets/key.json", "/run/secrets/key", "~/key", "C:\\keys\\key.json"])
def test_a_path_in_place_of_the_key_is_reported(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    monkeypatch.setenv("ZITADEL_KEY_JSON", path)
    with pytest.raises(CredentialsError, match="is a path; use from_file, or ZITADEL_KEY_PATH"):
        Client.from_env()
