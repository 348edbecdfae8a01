"""`wait_until` of both clients."""

from __future__ import annotations

import asyncio
import pickle
import re
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest

from tests.transport.counting import Traffic
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import (
    AddMachineUserRequest,
    AddMachineUserResponse,
    GetMyOrgRequest,
    GetMyOrgResponse,
    GetUserByIDRequest,
    ListUsersRequest,
    ListUsersResponse,
)
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import (
    ConfigurationError,
    DeadlineExceeded,
    NotFound,
    PermissionDenied,
    Unavailable,
    WaitTimeoutError,
    ZitadelError,
)
from zitadel_grpc.testing import Emulator

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"
LAG = 0.2


@pytest.fixture
async def client(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.access_token()
        yield client


@pytest.fixture
def sync_client(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> Iterator[Client]:
    with Client(emulator.url, key, options=options) as client:
        client.access_token()
        yield client


def has(user_name: str, response: ListUsersResponse) -> bool:
    return any(user.user_name == user_name for user in response.result)


def machine(user_name: str) -> AddMachineUserRequest:
    return AddMachineUserRequest(user_name=user_name, name=user_name)


async def test_it_waits_until_a_list_shows_a_write(client: AsyncClient, emulator: Emulator) -> None:
    emulator.faults.projection_lag = LAG
    added: AddMachineUserResponse = await client.management.AddMachineUser(machine("late"))
    traffic = Traffic(emulator)

    response = await client.wait_until(
        lambda: client.management.ListUsers(ListUsersRequest()),
        lambda response: has("late", response),
        timeout=30,
    )

    assert [user.id for user in response.result if user.user_name == "late"] == [added.user_id]
    assert len(traffic.calls) > 1


def test_the_sync_client_waits_until_a_list_shows_a_write(sync_client: Client, emulator: Emulator) -> None:
    emulator.faults.projection_lag = LAG
    sync_client.management.AddMachineUser(machine("also-late"))
    traffic = Traffic(emulator)

    response = sync_client.wait_until(
        lambda: sync_client.management.ListUsers(ListUsersRequest()),
        lambda response: has("also-late", response),
        timeout=30,
    )

    assert has("also-late", response)
    assert len(traffic.calls) > 1


async def test_it_waits_for_a_role_if_refusals_are_retried(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    user = emulator.add_service_user()
    async with AsyncClient(emulator.url, PersonalAccessToken(user.pat), options=options) as client:
        with pytest.raises(NotFound, match="AUTHZ-cdgFk"):
            await client.management.GetMyOrg(GetMyOrgRequest())
        emulator.faults.projection_lag = LAG
        emulator.add_manager_roles(user.id, ["ORG_OWNER"])
        response: GetMyOrgResponse = await client.wait_until(
            lambda: client.management.GetMyOrg(GetMyOrgRequest()), retry_on=(NotFound, PermissionDenied)
        )
    assert response.org.name == "ZITADEL"


@pytest.mark.parametrize("retry_on", [(), (PermissionDenied,)])
async def test_any_other_error_is_raised_at_once(
    client: AsyncClient, sync_client: Client, emulator: Emulator, retry_on: tuple[type[ZitadelError], ...]
) -> None:
    traffic = Traffic(emulator)
    request = GetUserByIDRequest(id="1")
    with pytest.raises(NotFound):
        await client.wait_until(lambda: client.management.GetUserByID(request), retry_on=retry_on)
    with pytest.raises(NotFound):
        sync_client.wait_until(lambda: sync_client.management.GetUserByID(request), retry_on=retry_on)
    assert len(traffic.calls) == 2


async def test_an_error_of_the_predicate_is_raised_at_once(client: AsyncClient) -> None:
    def broken(_: object) -> bool:
        raise TimeoutError("raised by the predicate")

    with pytest.raises(TimeoutError, match="raised by the predicate"):
        await client.wait_until(lambda: client.management.GetMyOrg(GetMyOrgRequest()), broken)


async def test_the_timeout_error_describes_the_last_result(
    client: AsyncClient, sync_client: Client, emulator: Emulator
) -> None:
    with pytest.raises(WaitTimeoutError) as raised:
        await client.wait_until(
            lambda: client.management.GetMyOrg(GetMyOrgRequest()), lambda response: False, timeout=2
        )
    assert isinstance(raised.value, TimeoutError)
    assert isinstance(raised.value, ZitadelError)
    assert raised.value.last.org.name == "ZITADEL"
    expected = r"condition not met within 2 s \(\d+ attempts\); last result: GetMyOrgResponse\(org\)"
    assert re.fullmatch(expected, str(raised.value)), "a response's values may be secret"
    again = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert (str(again), again.last) == (str(raised.value), raised.value.last)

    with pytest.raises(
        WaitTimeoutError, match=r"attempts\); last result: NOT_FOUND: User could not be found"
    ) as raised:
        sync_client.wait_until(
            lambda: sync_client.management.GetUserByID(GetUserByIDRequest(id="1")),
            timeout=2,
            retry_on=NotFound,
        )
    assert raised.value.last is None
    assert isinstance(raised.value.__cause__, NotFound)


async def test_a_last_list_is_described_by_its_length(client: AsyncClient) -> None:
    with pytest.raises(WaitTimeoutError, match=r"ListUsersResponse\(details, \d+ result\)$"):
        await client.wait_until(
            lambda: client.management.ListUsers(ListUsersRequest()), lambda response: False, timeout=2
        )
    with pytest.raises(WaitTimeoutError, match=r"last result: int$"):
        await client.wait_until(lambda: asyncio.sleep(0, 0), bool, timeout=0.5)


async def test_the_timeout_ends_a_call(client: AsyncClient, sync_client: Client, emulator: Emulator) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    sync_client.management.GetMyOrg(GetMyOrgRequest())
    emulator.faults.latency = 30.0
    with pytest.raises(WaitTimeoutError, match=r"within 0\.2 s: the first attempt did not"):
        await client.wait_until(lambda: client.management.GetMyOrg(GetMyOrgRequest()), timeout=0.2)
    with pytest.raises(WaitTimeoutError, match=r"within 0\.2 s: the first attempt did not"):
        sync_client.wait_until(
            lambda: sync_client.management.GetMyOrg(GetMyOrgRequest(), timeout=20), timeout=0.2
        )
    emulator.faults.latency = 0.0
    assert sync_client.management.GetMyOrg(GetMyOrgRequest()).org.name == "ZITADEL"


async def test_the_timeout_ends_a_call_whose_timeouts_are_retried(
    client: AsyncClient, emulator: Emulator
) -> None:
    await client.management.GetMyOrg(GetMyOrgRequest())
    emulator.faults.latency = 30.0
    with pytest.raises(WaitTimeoutError, match=r"within 0\.2 s: the first attempt did not"):
        await client.wait_until(
            lambda: client.management.GetMyOrg(GetMyOrgRequest()),
            timeout=0.2,
            retry_on=TimeoutError,  # type: ignore[arg-type] # pyright: ignore
        )


async def test_a_calls_own_deadline_is_raised(
    client: AsyncClient, sync_client: Client, emulator: Emulator
) -> None:
    emulator.faults.latency = 30.0
    with pytest.raises(DeadlineExceeded):
        await client.wait_until(lambda: client.management.GetMyOrg(GetMyOrgRequest(), timeout=0.05))
    with pytest.raises(DeadlineExceeded):
        sync_client.wait_until(lambda: sync_client.management.GetMyOrg(GetMyOrgRequest(), timeout=0.05))


async def test_waiting_can_be_cancelled(client: AsyncClient) -> None:
    async def look() -> None:
        looked.set()

    looked = asyncio.Event()
    waiting = asyncio.create_task(client.wait_until(look, bool))
    await looked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_temporary_failures_are_retried_if_listed(client: AsyncClient, emulator: Emulator) -> None:
    emulator.faults.fail_next(GET_MY_ORG, grpc.StatusCode.UNAVAILABLE, times=2)
    response = await client.wait_until(
        lambda: client.management.GetMyOrg(GetMyOrgRequest()),
        lambda response: response.org.name,
        retry_on=Unavailable,
    )
    assert response.org.name == "ZITADEL"


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), "10"])
async def test_the_timeout_must_be_a_positive_number(
    client: AsyncClient, sync_client: Client, seconds: float
) -> None:
    with pytest.raises(ConfigurationError, match="timeout must be a number of seconds above 0"):
        await client.wait_until(lambda: asyncio.sleep(0), timeout=seconds)
    with pytest.raises(ConfigurationError, match="timeout must be a number of seconds above 0"):
        sync_client.wait_until(lambda: None, timeout=seconds)
