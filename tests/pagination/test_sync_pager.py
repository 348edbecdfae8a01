"""Lists read through Client: the same as through AsyncClient, but for how they wait."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from zitadel_grpc import Client
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ListUsersRequest, RemoveUserRequest
from zitadel_grpc.api.user.v1 import User
from zitadel_grpc.errors import (
    ClosedError,
    ConfigurationError,
    DeadlineExceeded,
    InvalidArgument,
    PermissionDenied,
)
from zitadel_grpc.pagination import Pager
from zitadel_grpc.testing import Emulator

LIST_USERS = "zitadel.management.v1.ManagementService/ListUsers"


@pytest.fixture
def users(emulator: Emulator) -> list[str]:
    """The ids of all there are, in the order of creation."""
    there_before = [user.id for user in emulator._zitadel.store.users.values()]
    added = [emulator.add_human(f"user-{number}@example.com") for number in range(22)]
    emulator.forget_calls()
    return there_before + added


def list_users(client: Client, page_size: int = 10, *, prefetch: bool = False) -> Pager[User]:
    return client.paginate(
        client.management.ListUsers, ListUsersRequest(), page_size=page_size, prefetch=prefetch
    )


def codes(emulator: Emulator) -> list[grpc.StatusCode]:
    return [call.code for call in emulator.calls if call.rpc == LIST_USERS]


def wait_for_calls(emulator: Emulator, count: int) -> None:
    end = time.monotonic() + 10
    while len(codes(emulator)) < count:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.mark.parametrize("prefetch", [False, True])
def test_a_list_is_read_in_the_order_of_creation(
    sync_client: Client, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    pages = list_users(sync_client, prefetch=prefetch)
    assert codes(emulator) == []
    assert [user.id for user in pages] == users
    assert len(codes(emulator)) == 3
    assert pages.total == len(users)


def test_the_total_can_be_known_before(sync_client: Client, emulator: Emulator, users: list[str]) -> None:
    pages = list_users(sync_client)
    assert pages.count() == len(users) == pages.count()
    assert len(codes(emulator)) == 1
    assert len(list(pages)) == len(users)
    assert len(codes(emulator)) == 3


def test_nothing_is_lost_while_users_are_removed(sync_client: Client, users: list[str]) -> None:
    found = []
    for user in list_users(sync_client, page_size=5, prefetch=True):
        found.append(user.id)
        if len(found) in (4, 9, 14):
            sync_client.management.RemoveUser(RemoveUserRequest(id=users[len(found) - 2]))
    assert found == users


def test_a_view_reads_its_own_organization(sync_client: Client, emulator: Emulator) -> None:
    organization = emulator.add_organization("Another")
    there = [emulator.add_human(f"{n}@example.com", organization_id=organization) for n in range(3)]
    view = sync_client.with_org(organization)
    assert [user.id for user in list_users(view, page_size=2, prefetch=True)] == there


def test_a_token_that_ends_between_two_pages_is_renewed(
    sync_client: Client, emulator: Emulator, users: list[str]
) -> None:
    pages = list_users(sync_client, prefetch=True)
    first = next(pages)
    wait_for_calls(emulator, 2)
    emulator.faults.revoke_all_tokens()
    assert [first.id, *(user.id for user in pages)] == users
    ok, refused = grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED
    assert codes(emulator) == [ok, ok, refused, ok]


@pytest.mark.parametrize("failures", [1, 2])
def test_a_page_that_was_asked_for_ahead_in_vain_is_asked_for_when_it_is_its_turn(
    sync_client: Client, emulator: Emulator, users: list[str], failures: int
) -> None:
    pages = list_users(sync_client, prefetch=True)
    assert pages.count()
    wait_for_calls(emulator, 2)
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.PERMISSION_DENIED, times=failures)
    found = [next(pages).id for _ in range(19)]
    if failures == 2:
        with pytest.raises(PermissionDenied) as raised:
            next(pages)
        assert raised.value.rpc == LIST_USERS
    assert found + [user.id for user in pages] == users


def test_an_error_is_raised_once_and_the_page_asked_for_again(
    sync_client: Client, emulator: Emulator, users: list[str]
) -> None:
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.INVALID_ARGUMENT)
    pages = list_users(sync_client)
    with pytest.raises(InvalidArgument):
        next(pages)
    assert [user.id for user in pages] == users


def test_each_page_has_its_time(sync_client: Client, emulator: Emulator) -> None:
    emulator.faults.latency = 30.0
    with pytest.raises(DeadlineExceeded):
        next(sync_client.paginate(sync_client.management.ListUsers, ListUsersRequest(), timeout=0.05))


def test_what_is_left_half_way_leaves_no_call_behind(
    sync_client: Client, emulator: Emulator, users: list[str]
) -> None:
    with list_users(sync_client, prefetch=True) as pages:
        next(pages)
        ahead = pages._ahead
    assert ahead.done()
    assert list(pages) == []
    for _ in (pages := list_users(sync_client, prefetch=True)):
        ahead = pages._ahead
        break
    del pages
    assert ahead.done()


def test_several_threads_may_share_a_list(sync_client: Client, emulator: Emulator, users: list[str]) -> None:
    pages = list_users(sync_client, page_size=5, prefetch=True)
    start = threading.Barrier(4)

    def work() -> list[str]:
        start.wait(10)
        return [user.id for user in pages]

    with ThreadPoolExecutor(4) as pool:
        shares = [pool.submit(work) for _ in range(4)]
    assert sorted(user_id for share in shares for user_id in share.result()) == sorted(users)
    assert len(codes(emulator)) == 6


@pytest.mark.parametrize("prefetch", [False, True])
@pytest.mark.usefixtures("users")
def test_a_closed_client_says_so(sync_client: Client, emulator: Emulator, prefetch: bool) -> None:
    sync_client.access_token()
    emulator.faults.latency = 0.3  # so that a page asked for ahead is still under way
    pages = list_users(sync_client, prefetch=prefetch)
    assert pages.count()
    sync_client.close()
    with pytest.raises(ClosedError):
        list(pages)


def test_what_cannot_be_paged_is_told_at_once(sync_client: Client) -> None:
    with pytest.raises(
        ConfigurationError, match="ManagementService/GetMyOrg is not a list: call it by itself"
    ):
        sync_client.paginate(sync_client.management.GetMyOrg, GetMyOrgRequest())  # type: ignore[arg-type]
