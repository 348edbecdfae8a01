"""A key or token in the place of something else is refused, and no error quotes it."""

import base64
import contextlib
import json
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zitadel_grpc import AsyncClient, Client, ConnectionOptions, scopes
from zitadel_grpc.credentials import (
    AccessToken,
    ApplicationKey,
    ClientCredentials,
    Credentials,
    JwtProfile,
    PersonalAccessToken,
    SystemUser,
    Token,
    TokenExchange,
)
from zitadel_grpc.errors import ConfigurationError, CredentialsError, ZitadelError
from zitadel_grpc.testing import Emulator

URL = "https://localhost:1"
OPAQUE = "gN5xGqk_9-f0WJ3uXUZ0bq7JfJ9k2yPzQx1"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


def texts(error: BaseException) -> str:
    """All that a log, a debugger or an error tracker would show of `error`."""
    found = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    while error is not None:
        found += f"{error} {error!r} {error.args!r}"
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return found


def key_file(kind: str = "serviceaccount") -> dict[str, str]:
    from zitadel_grpc.testing.keys import KeyPair

    owner = {"serviceaccount": "userId", "application": "clientId"}[kind]
    return {"type": kind, "keyId": "1", owner: "2", "key": KeyPair.generate().private_pem.decode()}


KEY = key_file()
PEM = KEY["key"]
SECRETS = {"key file": json.dumps(KEY), "PEM": PEM, "opaque token": OPAQUE, "JWT": JWT}


def parts(secret: str) -> list[str]:
    return [part for part in secret.replace("\\n", "\n").splitlines() if len(part) > 20]


PLACES: dict[str, Callable[[str], object]] = {
    "JwtProfile.from_file": JwtProfile.from_file,
    "ApplicationKey.from_file": ApplicationKey.from_file,
    "PersonalAccessToken.from_file": PersonalAccessToken.from_file,
    "SystemUser.from_file": lambda secret: SystemUser.from_file("u", secret),
    "JwtProfile.from_json": lambda secret: JwtProfile.from_json(secret[:-5]),
    "URL": lambda secret: Client(f"https://host/{secret}", AccessToken("t")),
}
IDS: dict[str, Callable[[str], object]] = {
    "org_id": lambda secret: Client(URL, AccessToken("t"), org_id=secret),
    "with_org": lambda secret: Client(URL, AccessToken("t")).with_org(secret),
    "scopes": lambda secret: JwtProfile.from_dict(KEY, scopes=[secret]),
    "scopes as text": lambda secret: JwtProfile.from_dict(KEY, scopes=secret),
    "project_ids": lambda secret: ClientCredentials("i", "s", project_ids=[secret]),
    "organization": scopes.organization,
    "client_id": lambda secret: ClientCredentials(secret, "s"),
    "user_id": lambda secret: SystemUser(secret, PEM),
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))
@pytest.mark.parametrize("place", PLACES)
def test_no_error_quotes_it(place: str, secret: str) -> None:
    with pytest.raises(ZitadelError) as refused:
        PLACES[place](secret)
    assert not [part for part in parts(secret) if part in texts(refused.value)]


@pytest.mark.parametrize("secret", [json.dumps(KEY), PEM, JWT, "x" * 201], ids=["key", "PEM", "JWT", "long"])
@pytest.mark.parametrize("place", IDS)
def test_it_is_not_an_id(place: str, secret: str) -> None:
    with pytest.raises(ZitadelError) as refused:
        IDS[place](secret)
    assert not [part for part in parts(secret) if part in texts(refused.value)]


def test_the_key_in_place_of_its_path_is_told_with_the_remedy() -> None:
    with pytest.raises(
        CredentialsError, match="looks like the key itself: use from_json or ZITADEL_KEY_JSON"
    ):
        JwtProfile.from_file(json.dumps(KEY))


@pytest.mark.parametrize(
    "url", ["https://u:1/s3cret@host", "https://u:9?s3cret@host", "https://u:#s3cret@host"]
)
def test_no_error_quotes_a_password_in_a_url(url: str) -> None:
    makers: list[Callable[[], object]] = [
        lambda: Client(url, AccessToken("t")),
        lambda: Client(URL, AccessToken("t"), options=ConnectionOptions(issuer=url)),
        lambda: Client(URL, AccessToken("t"), options=ConnectionOptions(token_endpoint=url)),
    ]
    for make in makers:
        with pytest.raises(ConfigurationError) as refused:
            make()
        assert "s3cret" not in texts(refused.value)
    assert "s3cret" not in repr(ConnectionOptions(channel_options=[("grpc.http_proxy", url)]))


def test_what_is_not_text_does_not_end_in_an_error_that_holds_it() -> None:
    password = "pa\udcfcssword-SECR" + "ET-of-mine"
    broken = PEM.replace("\n", "\udcff\n", 1)
    for make in (
        lambda: JwtProfile.from_dict({**KEY, "key": broken}),
        lambda: JwtProfile.from_json(json.dumps({**KEY, "key": broken})),
        lambda: SystemUser("u", broken),
        lambda: ClientCredentials("id", password),
        lambda: PersonalAccessToken(password),
    ):
        with pytest.raises(ZitadelError) as refused:
            make()
        assert "SECRET" not in texts(refused.value)
        assert not [part for part in parts(PEM) if part in texts(refused.value)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: PersonalAccessToken("a b"),
        lambda: ClientCredentials("", "x"),
        lambda: TokenExchange(ClientCredentials("a", "b"), "t", requested_token_type="x"),
        lambda: AccessToken(""),
        lambda: SystemUser("", PEM),
        lambda: JwtProfile.from_json("{}"),
        lambda: ApplicationKey.from_json("{}"),
        lambda: Client("ftp://x", AccessToken("t")),
        lambda: AsyncClient("", AccessToken("t")),
    ],
)
def test_a_traceback_with_local_variables_can_be_shown(make: Callable[[], object]) -> None:
    with pytest.raises(ZitadelError) as refused:
        make()
    shown = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    assert "raised in repr" not in shown


def test_objects_that_are_half_made_have_a_repr() -> None:
    for kind in (
        JwtProfile,
        ClientCredentials,
        PersonalAccessToken,
        AccessToken,
        SystemUser,
        TokenExchange,
        Client,
    ):
        assert repr(kind.__new__(kind))


def test_a_kind_of_credentials_that_forgets_its_base_is_told() -> None:
    class Mine(Credentials):
        def __init__(self) -> None:
            pass

        def obtain(self, server: Any, refresh: Any) -> Token:
            return Token("t")

    with pytest.raises(ConfigurationError, match=r"Mine.__init__ must call super\(\).__init__\(\)"):
        Client(URL, Mine())


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
    "escaped": lambda text: text.replace("\\", "\\\\").replace('"', '\\"'),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=list(WRAPPED))
def test_a_key_is_read_as_the_environment_hands_it_over(
    wrap: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = wrap(json.dumps(KEY))
    assert repr(JwtProfile.from_json(text)) == "JwtProfile(user_id='2')"
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    monkeypatch.setenv("ZITADEL_KEY_JSON", text)
    assert "user_id='2'" in repr(Client.from_env())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_key_file_may_be_in_utf_16(encoding: str, tmp_path: Path) -> None:
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    (tmp_path / "key.json").write_bytes((mark + json.dumps(KEY)).encode(encoding))
    assert repr(JwtProfile.from_file(tmp_path / "key.json")) == "JwtProfile(user_id='2')"


def test_values_of_the_environment_lose_their_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", f'"{URL}"')
    monkeypatch.setenv("ZITADEL_CLIENT_ID", "'id' \n")
    monkeypatch.setenv("ZITADEL_CLIENT_SECRET", '"secret"')
    assert repr(Client.from_env()) == f"Client({URL!r}, ClientCredentials(client_id='id'))"
    monkeypatch.setenv("ZITADEL_ORG_ID", "${ORG}")
    with pytest.raises(ConfigurationError, match="ZITADEL_ORG_ID holds the reference to a variable"):
        Client.from_env()


def test_a_path_in_place_of_the_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    monkeypatch.setenv("ZITADEL_KEY_JSON", "/run/secrets/key.json")
    with pytest.raises(ConfigurationError, match="ZITADEL_KEY_JSON holds a path: set ZITADEL_KEY_PATH"):
        Client.from_env()


@contextlib.contextmanager
def piped(text: str) -> Iterator[str]:
    """As `<(sops -d key.json)` does."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    try:
        yield f"/dev/fd/{read}"
    finally:
        os.close(read)


def test_a_key_from_a_pipe_is_kept(zitadel: Emulator) -> None:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    with piped(json.dumps(zitadel.key_file)) as path:
        credentials = JwtProfile.from_file(path)
        with Client(zitadel.url, credentials, options=options) as client:
            assert client.access_token()


def test_a_fifo_is_read_once_and_leaves_no_thread(zitadel: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    os.mkfifo(path)
    before = threading.active_count()
    writer = threading.Thread(target=lambda: path.write_text(json.dumps(zitadel.key_file)))
    writer.start()
    credentials = JwtProfile.from_file(path)
    writer.join(5)
    assert threading.active_count() == before
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    with Client(zitadel.url, credentials, options=options) as client:
        assert client.access_token()


def test_a_fifo_that_nobody_writes_to_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zitadel_grpc.credentials.files._PIPE_TIMEOUT", 0.2)
    os.mkfifo(tmp_path / "key.json")
    with pytest.raises(CredentialsError, match="is a pipe, and nothing came"):
        JwtProfile.from_file(tmp_path / "key.json")
