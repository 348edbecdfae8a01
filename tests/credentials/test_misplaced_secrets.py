"""A key or token passed as another argument is refused, and no error quotes it."""

import json
import traceback
from collections.abc import Callable
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

URL = "https://localhost:1"
OPAQUE = "gN5xGqk_9-f0WJ3uXUZ0bq7JfJ9k2yPzQx1"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


def texts(error: BaseException) -> str:
    """Everything that a log, a debugger or an error tracker would show of `error`."""
    found = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    while error is not None:
        found += f"{error} {error!r} {error.args!r}"
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return found


def key_file(kind: str = "serviceaccount") -> dict[str, str]:
    from zitadel_grpc.testing._keys import KeyPair

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
    "scheme of a URL": lambda secret: Client(f"ftp://{secret}!", AccessToken("t")),
    "requested_token_type": lambda secret: TokenExchange(
        ClientCredentials("i", "s"), "t", requested_token_type=secret
    ),
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
    "impersonated user": lambda secret: TokenExchange.impersonate(
        ClientCredentials("i", "s"), secret, actor="t"
    ),
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))
@pytest.mark.parametrize("place", PLACES)
def test_no_error_quotes_it(place: str, secret: str) -> None:
    with pytest.raises(ZitadelError) as refused:
        PLACES[place](secret)
    assert not [part for part in parts(secret) if part in texts(refused.value)]


@pytest.mark.parametrize("secret", [json.dumps(KEY), PEM, JWT, f"Bearer {JWT}", "x" * 201])
@pytest.mark.parametrize("place", IDS)
def test_it_is_not_an_id(place: str, secret: str) -> None:
    with pytest.raises(ZitadelError) as refused:
        IDS[place](secret)
    assert not [part for part in parts(secret) if part in texts(refused.value)]


def test_a_token_in_place_of_the_url_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="looks like a token or a key") as refused:
        Client(JWT, AccessToken("t"))
    assert JWT not in texts(refused.value)


def test_a_token_in_place_of_its_path_is_reported_with_the_fix() -> None:
    with pytest.raises(CredentialsError, match="use PersonalAccessToken"):
        PersonalAccessToken.from_file(OPAQUE)


@pytest.mark.parametrize(
    "make",
    [
        lambda: JwtProfile("key.json"),  # type: ignore[arg-type]
        lambda: ApplicationKey("key.json"),  # type: ignore[arg-type]
        lambda: JwtProfile.from_file(None),  # type: ignore[arg-type]
        lambda: JwtProfile.from_file(KEY),  # type: ignore[arg-type]
        lambda: PersonalAccessToken.from_file(3),  # type: ignore[arg-type]
        lambda: SystemUser("u", None),  # type: ignore[arg-type]
        lambda: TokenExchange("id", "t"),  # type: ignore[arg-type]
        lambda: TokenExchange(ClientCredentials("i", "s"), None),  # type: ignore[arg-type]
        lambda: TokenExchange(ClientCredentials("i", "s"), "t", actor_token=5),  # type: ignore[arg-type]
        lambda: TokenExchange(ClientCredentials("i", "s"), "t", subject_token_type=5),  # type: ignore[arg-type]
        lambda: ClientCredentials("i", "s", scopes=None),  # type: ignore[arg-type]
        lambda: ClientCredentials("i", "s", project_ids=5),  # type: ignore[arg-type]
        lambda: Token(b"t"),  # type: ignore[arg-type]
        lambda: Token("t", "3600"),  # type: ignore[arg-type]
        lambda: Token("t", True),
        lambda: Token("t", 10**400),
        lambda: Client.from_env(options={}),  # type: ignore[arg-type]
    ],
)
def test_an_argument_of_another_type_is_refused_at_once(
    make: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZITADEL_API_URL", URL)
    with pytest.raises(ZitadelError):
        make()


def test_the_key_in_place_of_its_path_is_reported_with_the_fix() -> None:
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


def test_no_error_quotes_text_that_cannot_be_encoded() -> None:
    password = "pa\udcfcssword-SECR" + "ET-of-mine"
    broken = PEM.replace("\n", "\udcff\n", 1)
    for make in (
        lambda: JwtProfile.from_dict({**KEY, "key": broken}),
        lambda: JwtProfile.from_json(json.dumps({**KEY, "key": broken})),
        lambda: SystemUser("u", broken),
        lambda: ClientCredentials("id", password),
        lambda: PersonalAccessToken(password),
        lambda: TokenExchange(ClientCredentials("i", "s"), password),
        lambda: TokenExchange(ClientCredentials("i", "s"), "t", actor_token=password),
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


def test_partly_constructed_objects_have_a_repr() -> None:
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


def test_a_kind_that_does_not_call_its_base_is_reported() -> None:
    class Mine(Credentials):
        def __init__(self) -> None:
            pass

        def fetch_token(self, server: Any, context: Any) -> Token:
            return Token("t")

    with pytest.raises(ConfigurationError, match=r"Mine.__init__ must call super\(\).__init__\(\)"):
        Client(URL, Mine())


@pytest.mark.parametrize("empty", ["", " \n", "\ufeff", "\u200b \ufeff"])
def test_an_id_that_is_only_whitespace_or_a_byte_order_mark_is_empty(empty: str) -> None:
    with pytest.raises(CredentialsError, match="client_id is empty"):
        ClientCredentials(empty, "secret")
    with pytest.raises(CredentialsError, match="client_secret is empty"):
        ClientCredentials("robot", empty)
    with pytest.raises(CredentialsError, match="user_id is empty"):
        SystemUser(empty, "-----BEGIN RSA PRIVATE KEY-----")
