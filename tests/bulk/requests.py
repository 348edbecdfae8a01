"""Requests for bulk runs, and what the emulator received of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator

from zitadel_grpc import AsyncClient, ConnectionOptions, bulk
from zitadel_grpc.api.management.v1 import AddMachineUserRequest, AddMachineUserResponse
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.testing import Emulator

ADD = "zitadel.management.v1.ManagementService/AddMachineUser"
Outcome = bulk.Outcome[AddMachineUserRequest, AddMachineUserResponse]


def users(count: int, first: int = 0) -> list[AddMachineUserRequest]:
    return [user(number) for number in range(first, first + count)]


def user(number: int) -> AddMachineUserRequest:
    return AddMachineUserRequest(user_name=f"user-{number}", name="imported")


async def later(requests: Iterable[AddMachineUserRequest]) -> AsyncGenerator[AddMachineUserRequest, None]:
    for request in requests:
        yield request


class CountedRequests(Iterator[AddMachineUserRequest]):
    """Endless requests; counts how many were read."""

    def __init__(self) -> None:
        self.read = 0

    def __next__(self) -> AddMachineUserRequest:
        self.read += 1
        return user(self.read)


async def all_of(outcomes: AsyncIterator[Outcome]) -> list[Outcome]:
    return [outcome async for outcome in outcomes]


async def collect(received: list[Outcome], outcomes: AsyncIterator[Outcome]) -> None:
    """Unlike `all_of`, keeps the outcomes before an error."""
    async for outcome in outcomes:
        received.append(outcome)  # noqa: PERF401


def added_names(emulator: Emulator) -> list[str]:
    """The names of the users that were added, in that order."""
    return [call.request.user_name for call in emulator.calls if call.rpc == ADD and call.code.name == "OK"]


def client_of(emulator: Emulator, options: ConnectionOptions, key: JwtProfile) -> AsyncClient:
    return AsyncClient(emulator.url, key, options=options)
