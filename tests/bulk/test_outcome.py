"""`Outcome.may_have_applied`, and what an outcome shows."""

from __future__ import annotations

import functools
import pickle

import grpc
import pytest

from tests.bulk.requests import ADD, added_names, all_of, client_of, users
from zitadel_grpc import AsyncClient, ConnectionOptions, bulk
from zitadel_grpc.api.management.v1 import AddPersonalAccessTokenRequest, ImportHumanUserRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ResourceExhausted, TokenEndpointError, Unavailable
from zitadel_grpc.testing import Emulator

Code = grpc.StatusCode


@pytest.mark.parametrize(
    ("code", "may_have_applied"),
    [
        *((Code.INVALID_ARGUMENT, False), (Code.ALREADY_EXISTS, False), (Code.OUT_OF_RANGE, False)),
        *((Code.PERMISSION_DENIED, True), (Code.RESOURCE_EXHAUSTED, True), (Code.UNIMPLEMENTED, True)),
        *((Code.FAILED_PRECONDITION, False), (Code.NOT_FOUND, False)),
        *((Code.UNAVAILABLE, True), (Code.INTERNAL, True), (Code.UNKNOWN, True), (Code.ABORTED, True)),
    ],
)
async def test_a_failed_request_is_sent_once(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, code: Code, may_have_applied: bool
) -> None:
    emulator.faults.fail_next(ADD, code)
    async with client_of(emulator, options, key) as client:
        (outcome,) = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
    assert outcome.error
    assert outcome.may_have_applied is may_have_applied
    assert [call.code for call in emulator.calls] == [code]


async def test_after_a_deadline_it_may_have_applied(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with client_of(emulator, options, key) as client:
        await client.access_token()
        emulator.faults.latency = 3600.0
        method = functools.partial(client.management.AddMachineUser, timeout=0.05)
        (outcome,) = await all_of(bulk.run(method, users(1)))
    assert outcome.error
    assert outcome.may_have_applied


async def test_without_a_connection_it_did_not_apply() -> None:
    async with AsyncClient("https://localhost:1", PersonalAccessToken("ey.some.token")) as client:
        (outcome,) = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
    assert isinstance(outcome.error, Unavailable)
    assert not outcome.may_have_applied


@pytest.mark.parametrize("silent", [False, True])
async def test_without_a_token_it_did_not_apply(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, silent: bool
) -> None:
    if silent:
        emulator.faults.token_endpoint.silent = True
    else:
        emulator.faults.token_endpoint.respond(404, times=100)
    async with AsyncClient(emulator.url, key, options=options, timeout=1.0 if silent else 30.0) as client:
        (outcome,) = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
    assert outcome.error
    assert isinstance(outcome.error, TokenEndpointError) is not silent
    assert not outcome.may_have_applied


async def test_a_response_over_the_size_limit_may_have_applied(emulator: Emulator, key: JwtProfile) -> None:
    options = ConnectionOptions(
        root_certificates=emulator.root_certificates,
        channel_options=(("grpc.max_receive_message_length", 1),),
    )
    async with client_of(emulator, options, key) as client:
        (outcome,) = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
    assert isinstance(outcome.error, ResourceExhausted)
    assert outcome.may_have_applied
    assert added_names(emulator) == ["user-0"]


async def test_an_outcome_can_be_pickled_and_shows_no_secret(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    async with client_of(emulator, options, key) as client:
        (added,) = await all_of(bulk.run(client.management.AddMachineUser, users(1)))
        request = AddPersonalAccessTokenRequest(user_id=added.response.user_id)
        requests = [request, AddPersonalAccessTokenRequest(user_id="1")]
        async for outcome in bulk.run(client.management.AddPersonalAccessToken, requests):
            copy = pickle.loads(pickle.dumps(outcome))  # noqa: S301
            assert (copy.index, copy.request, repr(copy)) == (outcome.index, outcome.request, repr(outcome))
            if outcome.error is None:
                assert copy.response == outcome.response
                assert outcome.response.token not in repr(outcome)
        human = ImportHumanUserRequest(user_name="a", password="Secret-1")
        async for imported in bulk.run(client.management.ImportHumanUser, [human]):
            assert "Secret-1" not in repr(imported)
