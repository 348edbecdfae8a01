"""Synchronous runs, which make the calls in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.bulk.requests import CountedRequests, Outcome, added_names, user, users
from zitadel_grpc import Client, ConnectionOptions, bulk
from zitadel_grpc.api.management.v1 import AddMachineUserRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import AlreadyExists, CredentialsError
from zitadel_grpc.testing import Emulator


def test_each_request_is_sent_once_and_has_its_response(emulator: Emulator, sync_client: Client) -> None:
    outcomes = list(bulk.run(sync_client.management.AddMachineUser, users(120), concurrency=20))

    assert sorted(outcome.index for outcome in outcomes) == list(range(120))
    assert all(outcome.request == user(outcome.index) for outcome in outcomes)
    assert len({outcome.response.user_id for outcome in outcomes}) == 120
    assert sorted(added_names(emulator)) == sorted(request.user_name for request in users(120))


def test_concurrency_limits_how_many_requests_are_read(sync_client: Client) -> None:
    requests = CountedRequests()
    for consumed, _ in enumerate(bulk.run(sync_client.management.AddMachineUser, requests, concurrency=7)):
        assert requests.read - consumed <= 7
        if consumed == 100:
            break


def test_leaving_the_loop_leaves_no_thread(emulator: Emulator, sync_client: Client) -> None:
    requests = CountedRequests()
    for _ in bulk.run(sync_client.management.AddMachineUser, requests, concurrency=5):
        break
    assert not [thread for thread in threading.enumerate() if "bulk" in thread.name]
    assert len(added_names(emulator)) == requests.read <= 5


def test_a_failure_is_an_outcome(sync_client: Client) -> None:
    requests = [user(0), user(0), user(1)]
    outcomes = list(bulk.run(sync_client.management.AddMachineUser, requests, concurrency=1))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), AlreadyExists, type(None)]


def test_an_error_of_the_iterable_is_raised_after_the_outcomes(sync_client: Client) -> None:
    def failing() -> Iterator[AddMachineUserRequest]:
        yield from users(10)
        raise LookupError("line 11 is not a user")

    outcomes: list[Outcome] = []
    with pytest.raises(LookupError, match="line 11"):
        outcomes.extend(bulk.run(sync_client.management.AddMachineUser, failing(), concurrency=4))
    assert len({outcome.response.user_id for outcome in outcomes}) == 10


def test_it_stops_after_a_number_of_failures(sync_client: Client) -> None:
    list(bulk.run(sync_client.management.AddMachineUser, users(1)))
    requests = iter([user(0)] * 100)
    outcomes = bulk.run(sync_client.management.AddMachineUser, requests, concurrency=2, stop_after_failures=3)
    with pytest.raises(bulk.TooManyFailures):
        list(outcomes)
    assert len(list(requests)) in (96, 97)


def test_refused_credentials_end_the_run(emulator: Emulator, options: ConnectionOptions) -> None:
    unknown = JwtProfile.from_dict(emulator.key_file | {"keyId": "1"})
    requests = CountedRequests()
    with (
        Client(emulator.url, unknown, options=options) as client,
        pytest.raises(CredentialsError, match="invalid_grant"),
    ):
        list(bulk.run(client.management.AddMachineUser, requests, concurrency=3))
    assert requests.read <= 5
