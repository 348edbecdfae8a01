"""`validate=True` checks requests before they are sent."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tests.transport.counting import Traffic
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest, ImportHumanUserRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import InvalidArgument, InvalidRequest
from zitadel_grpc.testing import Emulator

WRONG = ImportHumanUserRequest(
    profile=ImportHumanUserRequest.Profile(first_name="Ada", last_name=""),
    email=ImportHumanUserRequest.Email(email="nobody"),
)


async def refusal(kind: type[Any], emulator: Emulator, key: JwtProfile, request: Any, **settings: Any) -> Any:
    options = ConnectionOptions(root_certificates=emulator.root_certificates)
    client = kind(emulator.url, key, options=options, **settings)
    rpc = "GetUserByID" if isinstance(request, GetUserByIDRequest) else "ImportHumanUser"
    try:
        call = getattr(client.management, rpc)(request)
        if kind is AsyncClient:
            await call
    except InvalidArgument as error:
        return error
    finally:
        if (closing := client.close()) is not None:
            await closing
    pytest.fail("it was not refused")


@pytest.mark.parametrize("kind", [AsyncClient, Client])
async def test_an_invalid_request_is_not_sent_and_has_the_servers_text(
    kind: type[Any], emulator: Emulator, key: JwtProfile
) -> None:
    from_server = await refusal(kind, emulator, key, GetUserByIDRequest())
    traffic = Traffic(emulator)

    error = await refusal(kind, emulator, key, GetUserByIDRequest(), validate=True)

    assert traffic.calls == []
    assert error.details() == from_server.details()
    assert (error.rpc, error.code()) == (from_server.rpc, from_server.code())
    assert type(error) is InvalidRequest
    assert type(from_server) is InvalidArgument


@pytest.mark.parametrize("kind", [AsyncClient, Client])
async def test_all_violations_of_a_request_are_reported_together(
    kind: type[Any], emulator: Emulator, key: JwtProfile
) -> None:
    first = (await refusal(kind, emulator, key, WRONG)).details()

    error = await refusal(kind, emulator, key, WRONG, validate=True)

    assert [violation.path for violation in error.violations] == [
        "user_name",
        "profile.last_name",
        "email.email",
    ]
    assert str(error.violations[0]) == first
    assert all(str(violation) in error.details() for violation in error.violations)
    assert pickle.loads(pickle.dumps(error)).violations == error.violations  # noqa: S301


async def test_a_valid_request_is_sent(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with AsyncClient(emulator.url, key, options=options, validate=True) as client:
        assert (await client.management.GetMyOrg(GetMyOrgRequest())).org.name == "ZITADEL"
    with Client(emulator.url, key, options=options, validate=True) as sync_client:
        with pytest.raises(InvalidRequest):
            sync_client.management.GetUserByID.future(GetUserByIDRequest())
        assert sync_client.management.GetMyOrg.future(GetMyOrgRequest()).result(10).org.name == "ZITADEL"
