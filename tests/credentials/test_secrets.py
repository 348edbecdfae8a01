"""No repr, log, error or traceback contains a key, a token or a secret."""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import itertools
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pytest

from tests.credentials.caches import cache_of, token, wait_until
from tests.credentials.policies import ChangePolicy
from tests.credentials.servers import Exchange, Respond, Serve, token_response
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc._endpoint import Endpoint
from zitadel_grpc._environment import Settings
from zitadel_grpc.credentials import (
    AccessToken,
    ApplicationKey,
    ClientAuthentication,
    ClientCredentials,
    Credentials,
    JwtProfile,
    PersonalAccessToken,
    RefreshContext,
    SystemUser,
    Token,
    TokenExchange,
)
from zitadel_grpc.credentials._cached_token import CachedToken
from zitadel_grpc.credentials._key_file import KeyFile
from zitadel_grpc.credentials._refresh_policy import RefreshPolicy
from zitadel_grpc.credentials._token_server import resolve_token_server
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

SECRET = "s3cr3t-Value/with+signs!"
KeyData = dict[str, str]
OPTIONS = ConnectionOptions(
    headers={"x-gateway": SECRET},
    certificate_chain=SECRET.encode(),
    private_key=SECRET.encode(),
    root_certificates=SECRET.encode(),
)


def shows_a_secret(shown: str, key: KeyData) -> bool:
    packed = base64.b64encode(SECRET.encode()).decode()
    forms = [SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), packed, "PRIVATE KEY"]
    key_lines = key["key"].splitlines()[1:-1]
    return any(form in shown for form in [*forms, *key_lines])


Make = Callable[[KeyData], object]
CLIENT = ClientCredentials("robot", SECRET)
SERVER = resolve_token_server(Endpoint.parse("https://id.example.com"), OPTIONS)
OBJECTS: dict[str, Make] = {
    "JwtProfile": JwtProfile.from_dict,
    "PersonalAccessToken": lambda key: PersonalAccessToken(SECRET),
    "ClientCredentials": lambda key: CLIENT,
    "AccessToken": lambda key: AccessToken(SECRET),
    "AccessToken with its life": lambda key: AccessToken(Token(SECRET, 60)),
    "SystemUser": lambda key: SystemUser("admin", key["key"]),
    "ApplicationKey": lambda key: application_key(key),
    "TokenExchange": lambda key: TokenExchange(CLIENT, SECRET, actor_token=SECRET),
    "TokenExchange by key": lambda key: TokenExchange(application_key(key), PersonalAccessToken(SECRET)),
    "ClientAuthentication": lambda key: ClientAuthentication(SECRET, {"client_assertion": SECRET}),
    "ClientAuthentication of a client": lambda key: CLIENT.authenticate("https://id.example.com"),
    "KeyFile": lambda key: KeyFile.from_dict(key, "serviceaccount"),
    "Token": lambda key: Token(SECRET, 60),
    "CachedToken": lambda key: CachedToken(Token(SECRET, 60), 0, 0, RefreshPolicy()),
    "TokenCache": lambda key: cache_of(PersonalAccessToken(SECRET)),
    "RefreshContext": lambda key: RefreshContext(0.0),
    "ConnectionOptions": lambda key: OPTIONS,
    "TokenServer": lambda key: SERVER,
    "Settings": lambda key: Settings("https://id.example.com", CLIENT, None, OPTIONS),
    "Client": lambda key: Client("https://id.example.com", PersonalAccessToken(SECRET)),
    "AsyncClient": lambda key: AsyncClient("https://id.example.com", CLIENT),
}


def application_key(key: KeyData) -> ApplicationKey:
    return ApplicationKey.from_dict({**key, "type": "application", "clientId": "client-1"})


@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
def test_no_object_shows_it(make: Make, unknown_key: KeyData) -> None:
    shown = make(unknown_key)
    for text in (repr(shown), str(shown), f"{shown}", repr([shown]), repr({"a": (shown,)})):
        assert not shows_a_secret(text, unknown_key)


@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_errors_of_copying_do_not_show_it_either(
    make: Make, duplicate: Callable[[object], object], unknown_key: KeyData
) -> None:
    shown = make(unknown_key)
    failed = ""
    try:
        duplicate(shown)
    except Exception as error:
        failed = "".join(traceback.format_exception(error))
    assert not shows_a_secret(failed, unknown_key)


def echo(status: int) -> Respond:
    """A server that repeats the request in its response, in the forms that real servers use."""

    def respond(exchange: Exchange) -> None:
        sent = exchange.received
        basic = sent.headers.get("authorization", "").removeprefix("Basic ")
        decoded = base64.b64decode(basic).decode()
        values = [*sent.form.values(), basic, decoded, *map(unquote_plus, decoded.split(":"))]
        written = [form(value) for value in values for form in (str, quote, quote_plus, encoded)]
        message = "; ".join(sorted(written, key=len))
        body = {"error": "; ".join(sorted(written, key=len, reverse=True)), "error_description": message}
        headers = (
            {"location": f"https://{quote_plus(message)[:2000]}/?{quote(message)}"} if status == 302 else {}
        )
        exchange.respond(status, body, retry_after="0", **headers)

    return respond


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ASKING: dict[str, Callable[[KeyData], Credentials]] = {
    "JwtProfile": JwtProfile.from_dict,
    "ClientCredentials": lambda key: CLIENT,
    "TokenExchange": lambda key: TokenExchange(CLIENT, SECRET, actor_token=SECRET),
    "TokenExchange by key": lambda key: TokenExchange(application_key(key), AccessToken(SECRET)),
}


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500])
@pytest.mark.parametrize("make", ASKING.values(), ids=ASKING)
def test_no_error_repeats_what_the_server_repeats(
    serve: Serve,
    trusting: ConnectionOptions,
    unknown_key: KeyData,
    make: Callable[[KeyData], Credentials],
    status: int,
) -> None:
    server = serve(echo(status))
    with pytest.raises(ZitadelError) as failed:
        token(cache_of(make(unknown_key), server.url, trusting))
    text = "".join(traceback.format_exception(failed.value)) + repr(failed.value) + repr(vars(failed.value))
    assert not shows_a_secret(text, unknown_key)
    for request in server.requests:
        for name in {"assertion", "client_assertion"} & request.form.keys():
            assert request.form[name].split(".")[2] not in text


@pytest.mark.parametrize(
    "raw",
    [
        "HTTP/1.1 {} no\r\n\r\n",
        "{}\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncontent-length: 2\r\n\r\n{{}}",
        "HTTP/1.1 404 No\r\ncontent-type: {}\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 404 No\r\n{}\r\n\r\n",
    ],
)
def test_no_error_repeats_it_from_a_broken_response(
    serve: Serve, trusting: ConnectionOptions, unknown_key: KeyData, raw: str
) -> None:
    server = serve(lambda exchange: exchange.send(raw.format(SECRET).encode()))
    with pytest.raises(TokenEndpointError) as failed:
        token(cache_of(CLIENT, server.url, dataclasses.replace(trusting, token_timeout=0.5)))
    assert not shows_a_secret("".join(traceback.format_exception(failed.value)), unknown_key)


@contextlib.contextmanager
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    with caplog.at_level(logging.DEBUG):
        yield lambda: "\n".join(map(logging.Formatter().format, caplog.records))


def test_no_log_shows_it(
    serve: Serve,
    trusting: ConnectionOptions,
    unknown_key: KeyData,
    caplog: pytest.LogCaptureFixture,
    change_policy: ChangePolicy,
) -> None:
    change_policy(stale_share=(0.002, 0.002))
    responses: Iterator[Any] = itertools.chain([token_response(SECRET, 60)], itertools.repeat(None))
    failing = echo(400)

    def respond(exchange: Exchange) -> None:
        response = next(responses)
        exchange.respond(200, response) if response else failing(exchange)

    server = serve(respond)
    cache = cache_of(CLIENT, server.url, trusting)
    with everything_logged(caplog) as logged:
        token(cache)
        wait_until(lambda: bool(cache.authorization()) and "cannot renew the token" in logged())
    assert not shows_a_secret(logged(), unknown_key)
    assert json.dumps(server.requests[0].form) not in logged()
