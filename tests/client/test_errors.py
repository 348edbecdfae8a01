"""Failed calls: both clients raise the same errors, which are errors of plain gRPC as well."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, errors
from zitadel_grpc._transport.failures import from_grpc_error
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.api.v1 import CredentialsCheckError, ErrorDetail
from zitadel_grpc.credentials import AccessToken, ApplicationKey, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import (
    ClosedError,
    ConfigurationError,
    CredentialsError,
    NotFound,
    PermissionDenied,
    RpcError,
    TokenEndpointError,
    Unavailable,
)
from zitadel_grpc.testing import Emulator

CODES = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
Failing = Callable[..., Awaitable[Exception]]


@pytest.fixture(params=["async", "sync"])
def failure(request: pytest.FixtureRequest, emulator: Emulator, options: ConnectionOptions) -> Failing:
    """Makes a call that fails, with each client, and returns what it raised."""

    async def by_async_client(credentials: Any, org_id: str | None = None, **settings: Any) -> Exception:
        async with AsyncClient(emulator.url, credentials, org_id=org_id, options=options) as client:
            with pytest.raises(Exception) as raised:  # noqa: PT011
                await client.management.GetMyOrg(GetMyOrgRequest(), **settings)
            return raised.value

    async def by_client(credentials: Any, org_id: str | None = None, **settings: Any) -> Exception:
        def fail() -> Exception:
            with Client(emulator.url, credentials, org_id=org_id, options=options) as client:
                with pytest.raises(Exception) as raised:  # noqa: PT011
                    client.management.GetMyOrg(GetMyOrgRequest(), **settings)
                return raised.value

        return await asyncio.to_thread(fail)

    return by_async_client if request.param == "async" else by_client


@pytest.mark.parametrize("code", CODES)
async def test_each_status_code_has_its_error(
    failure: Failing, emulator: Emulator, code: grpc.StatusCode
) -> None:
    emulator.faults.fail_next(GET_MY_ORG, code, details="as the test wants", times=4)
    kind = getattr(errors, "".join(word.title() for word in code.name.split("_")))

    error: Any = await failure(PersonalAccessToken(emulator.pat))

    assert type(error) is kind
    assert isinstance(error, RpcError | errors.ZitadelError)
    assert isinstance(error, grpc.aio.AioRpcError)
    assert isinstance(error, grpc.RpcError)
    assert isinstance(error, grpc.Call)
    assert (error.code(), error.details()) == (code, "as the test wants")
    assert error.rpc == GET_MY_ORG
    assert error.message == "as the test wants"
    assert error.error_id is None
    assert "as the test wants" in (error.debug_error_string() or "")


async def test_an_error_has_zitadels_text_and_a_hint(failure: Failing, emulator: Emulator) -> None:
    error = await failure(PersonalAccessToken(emulator.pat), "123")

    assert isinstance(error, PermissionDenied)
    assert error.error_id == "AUTH-Bs7Ds"
    assert error.message == "Organisation doesn't exist"
    assert error.permission == "org.read"
    assert (
        error.hint
        == "no organization has the id sent as x-zitadel-orgid; check the id in org_id or with_org(…)"
    )
    assert str(error) == (
        f"PERMISSION_DENIED: Organisation doesn't exist (AUTH-Bs7Ds) [{GET_MY_ORG}] ({error.hint})"
    )
    assert repr(error) == f"<PermissionDenied: Organisation doesn't exist (AUTH-Bs7Ds) [{GET_MY_ORG}]>"
    assert emulator.pat not in f"{error!r} {error} {error.debug_error_string()} {vars(error)}"


async def test_the_metadata_of_an_error_can_be_read_as_in_plain_grpc(
    failure: Failing, emulator: Emulator
) -> None:
    error: Any = await failure(PersonalAccessToken(emulator.pat), "123")

    assert isinstance(dict(tuple(error.trailing_metadata()))["grpc-status-details-bin"], bytes)
    assert {key for key, _ in error.trailing_metadata()} >= {"grpc-status-details-bin"}
    assert list(error.initial_metadata()) == []
    assert (error.is_active(), error.cancel(), error.time_remaining()) == (False, False, None)
    assert not error.add_callback(lambda: None)


def test_the_metadata_of_a_sync_error_has_keys_and_values(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    token = PersonalAccessToken(emulator.pat)
    client = Client(emulator.url, token, org_id="123", options=options)

    with client, pytest.raises(grpc.RpcError) as raised:
        client.management.GetMyOrg(GetMyOrgRequest())

    assert isinstance(raised.value, grpc.Call)
    trailers: Any = raised.value.trailing_metadata()
    assert {entry.key for entry in trailers} >= {"grpc-status-details-bin"}


def pickled(error: Any) -> Any:
    return pickle.loads(pickle.dumps(error))  # noqa: S301


def test_an_error_of_a_sync_call_does_not_hold_the_call(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    """Dask pickles errors, and a call cannot be pickled."""
    token = PersonalAccessToken(emulator.pat)
    with (
        Client(emulator.url, token, options=options, org_id="123") as client,
        pytest.raises(PermissionDenied) as raised,
    ):
        client.management.GetMyOrg(GetMyOrgRequest())
    assert raised.value.__context__ is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
async def test_an_error_can_be_copied_and_pickled(
    failure: Failing, emulator: Emulator, copied: Callable[[Any], Any]
) -> None:
    error: Any = await failure(PersonalAccessToken(emulator.pat), "123")

    other = copied(error)

    assert other is not error
    assert type(other) is type(error)
    assert (str(other), other.error_id, other.rpc) == (str(error), error.error_id, error.rpc)
    assert other.code() is error.code()
    assert list(other.trailing_metadata()) == list(error.trailing_metadata())
    assert other.debug_error_string() == error.debug_error_string()


async def test_rejected_credentials_raise_a_credentials_error(failure: Failing, emulator: Emulator) -> None:
    unknown = JwtProfile.from_dict({**emulator.key_file, "userId": "1"})

    error = await failure(unknown)

    assert type(error) is CredentialsError
    assert error.error == "invalid_grant"
    assert "userId 1" in str(error)
    assert emulator.key_file["key"] not in f"{error!r}"


async def test_an_unusable_token_endpoint_raises_a_token_endpoint_error(
    failure: Failing, emulator: Emulator, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.respond(200, body=b"<html>")

    error = await failure(key)

    assert type(error) is TokenEndpointError


async def test_the_error_of_a_users_function_is_the_cause(failure: Failing) -> None:
    def broken() -> str:
        raise LookupError("no token in the vault")

    error = await failure(AccessToken(broken))

    assert type(error) is CredentialsError
    assert isinstance(error.__cause__, LookupError)


async def test_calls_that_fail_together_have_separate_errors(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    emulator.faults.token_endpoint.respond(200, body=b"<html>")

    async with AsyncClient(emulator.url, key, options=options) as client:
        calls = (client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(20))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {TokenEndpointError}
    assert len({id(outcome) for outcome in outcomes}) == 20


async def test_a_call_without_a_token_has_a_status_too(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    async with AsyncClient(
        emulator.url, JwtProfile.from_dict({**emulator.key_file, "userId": "1"}), options=options
    ) as client:
        call = client.management.GetMyOrg(GetMyOrgRequest())

        assert await call.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "invalid_grant" in await call.details()
        assert list(await call.initial_metadata()) == list(await call.trailing_metadata()) == []
        assert call.done()
        assert not call.cancelled()


def test_an_untrusted_certificate_is_unavailable_and_names_the_certificate(emulator: Emulator) -> None:
    client = Client(emulator.url, PersonalAccessToken("ey.a.b"))

    with client, pytest.raises(Unavailable, match=r"(?i)certificate|handshake"):
        client.management.GetMyOrg(GetMyOrgRequest())


def server_error(details: str, *given: Message) -> RpcError:
    packed = []
    for detail in given:
        packed.append(Packed())
        packed[-1].Pack(detail)
    status = Status(code=5, message=details, details=packed).SerializeToString()
    trailers = grpc.aio.Metadata(("grpc-status-details-bin", status))
    plain = grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), trailers, details)
    return from_grpc_error(plain, GET_MY_ORG)


@pytest.mark.parametrize(
    ("error", "error_id"),
    [
        (server_error("gone (A-1)", ErrorDetail(id="B-2", message="gone")), "B-2"),
        (server_error("wrong", CredentialsCheckError(id="C-3", failed_attempts=2)), "C-3"),
        (server_error("gone (A-1)", ErrorDetail()), "A-1"),
        (server_error("gone (A-1)"), "A-1"),
        (server_error("no host: ID=QUERY-1kIjX Message=Instance not found."), "QUERY-1kIjX"),
        (server_error("gone (for good)"), None),
        (NotFound(GET_MY_ORG), None),
        (NotFound(GET_MY_ORG, trailing_metadata=(("grpc-status-details-bin", b"\xff\xff"),)), None),
    ],
)
def test_the_error_id_is_found_where_zitadel_puts_it(error: RpcError, error_id: str | None) -> None:
    assert error.error_id == error_id
    assert error_id is None or error_id not in error.message
    assert error.rpc in str(error)


@pytest.mark.parametrize("client", [AsyncClient, Client])
def test_an_invalid_argument_is_reported_when_the_client_is_created(client: Any, emulator: Emulator) -> None:
    pat = PersonalAccessToken("ey.a.b")
    for url in ("", "http://zitadel.example.com", "https://host/path", "https://host?query"):
        with pytest.raises(ConfigurationError, match="the URL"):
            client(url, pat)
    for timeout in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ConfigurationError, match="timeout"):
            client("https://localhost", pat, timeout=timeout)
    for org_id in ("", " ", "1\n2", 12, "é"):
        with pytest.raises(ConfigurationError, match="org_id"):
            client("https://localhost", pat, org_id=org_id)
    with pytest.raises(ConfigurationError, match="JwtProfile"):
        client("https://localhost", "ey.a.token.as.text")
    of_application = {"type": "application", "clientId": "1", "appId": "2"}
    application = ApplicationKey.from_dict({**emulator.key_file, **of_application})
    with pytest.raises(ConfigurationError, match="ApplicationKey"):
        client("https://localhost", application)


def test_the_hierarchy_of_exceptions() -> None:
    assert issubclass(ConfigurationError, ValueError)
    assert issubclass(ClosedError, RuntimeError)
    for kind in (ConfigurationError, ClosedError, CredentialsError, TokenEndpointError, RpcError):
        assert issubclass(kind, errors.ZitadelError)
    assert {kind.status_code for kind in RpcError.__subclasses__()} == set(CODES)
