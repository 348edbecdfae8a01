"""Iteration over the items of a list through Client, where it differs from AsyncClient."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.pagination.users import LIST_USERS, list_users_sync
from zitadel_grpc import Client
from zitadel_grpc.api.management.v1 import ListUsersRequest, RemoveUserRequest
from zitadel_grpc.errors import ClosedError, DeadlineExceeded, InvalidArgument, PermissionDenied
from zitadel_grpc.testing import Emulator


def codes(emulator: Emulator) -> list[grpc.StatusCode]:
    return [call.code for call in emulator.calls if call.rpc == LIST_USERS]


def wait_for_calls(emulator: Emulator, count: int) -> None:
    end = time.monotonic() + 10
    while len(codes(emulator)) < count:
        assert time.monotonic() < end, "the condition did not become true"
        time.sleep(0.01)


@pytest.mark.parametrize("prefetch", [False, True])
def test_items_come_in_the_order_of_creation(
    sync_client: Client, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    pager = list_users_sync(sync_client, prefetch=prefetch)
    assert codes(emulator) == []
    assert [user.id for user in pager] == users
    assert len(codes(emulator)) == 3
    assert pager.total == len(users)


def test_count_keeps_the_page_it_requests(sync_client: Client, emulator: Emulator, users: list[str]) -> None:
    pager = list_users_sync(sync_client)
    assert pager.count() == len(users) == pager.count()
    assert len(codes(emulator)) == 1
    assert len(list(pager)) == len(users)
    assert len(codes(emulator)) == 3


def test_no_item_is_skipped_while_users_are_removed(sync_client: Client, users: list[str]) -> None:
    found = []
    for user in list_users_sync(sync_client, page_size=5, prefetch=True):
        found.append(user.id)
        if len(found) in (4, 9, 14):
            sync_client.management.RemoveUser(RemoveUserRequest(id=users[len(found) - 2]))
    assert found == users


def test_a_view_reads_its_own_organization(sync_client: Client, emulator: Emulator) -> None:
    organization = emulator.add_organization("Another")
    members = [emulator.add_human(f"{n}@example.com", organization_id=organization) for n in range(3)]
    view = sync_client.with_org(organization)
    assert [user.id for user in list_users_sync(view, page_size=2, prefetch=True)] == members


def test_a_token_revoked_between_two_pages_is_replaced(
    sync_client: Client, emulator: Emulator, users: list[str]
) -> None:
    pager = list_users_sync(sync_client, prefetch=True)
    first = next(pager)
    wait_for_calls(emulator, 2)
    emulator.faults.revoke_all_tokens()
    assert [first.id, *(user.id for user in pager)] == users
    ok, refused = grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED
    assert codes(emulator) == [ok, ok, refused, ok]


@pytest.mark.parametrize("failures", [1, 2])
def test_a_failed_prefetch_is_repeated_when_its_page_is_needed(
    sync_client: Client, emulator: Emulator, users: list[str], failures: int
) -> None:
    pager = list_users_sync(sync_client, prefetch=True)
    assert pager.count()
    wait_for_calls(emulator, 2)
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.PERMISSION_DENIED, times=failures)
    found = [next(pager).id for _ in range(19)]
    if failures == 2:
        with pytest.raises(PermissionDenied) as raised:
            next(pager)
        assert raised.value.rpc == LIST_USERS
    assert found + [user.id for user in pager] == users


def test_after_an_error_the_same_page_is_requested_again(
    sync_client: Client, emulator: Emulator, users: list[str]
) -> None:
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.INVALID_ARGUMENT)
    pager = list_users_sync(sync_client)
    with pytest.raises(InvalidArgument):
        next(pager)
    assert [user.id for user in pager] == users


def test_the_timeout_applies_to_each_page(sync_client: Client, emulator: Emulator) -> None:
    emulator.faults.latency = 30.0
    with pytest.raises(DeadlineExceeded):
        next(sync_client.paginate(sync_client.management.ListUsers, ListUsersRequest(), timeout=0.05))


def test_an_early_end_cancels_the_prefetch(sync_client: Client, emulator: Emulator, users: list[str]) -> None:
    with list_users_sync(sync_client, prefetch=True) as pager:
        next(pager)
        call = pager._prefetched
    assert call.done()
    assert list(pager) == []
    for _ in (pager := list_users_sync(sync_client, prefetch=True)):
        call = pager._prefetched
        break
    del pager
    assert call.done()


def test_several_threads_can_share_a_pager(sync_client: Client, emulator: Emulator, users: list[str]) -> None:
    pager = list_users_sync(sync_client, page_size=5, prefetch=True)
    start = threading.Barrier(4)

    def work() -> list[str]:
        start.wait(10)
        return [user.id for user in pager]

    with ThreadPoolExecutor(4) as pool:
        shares = [pool.submit(work) for _ in range(4)]
    assert sorted(user_id for share in shares for user_id in share.result()) == sorted(users)
    assert len(codes(emulator)) == 6


@pytest.mark.parametrize("prefetch", [False, True])
@pytest.mark.usefixtures("users")
def test_a_closed_client_raises_closed_error(sync_client: Client, emulator: Emulator, prefetch: bool) -> None:
    sync_client.access_token()
    emulator.faults.latency = 0.3  # so that the prefetch is still in progress
    pager = list_users_sync(sync_client, prefetch=prefetch)
    assert pager.count()
    sync_client.close()
    with pytest.raises(ClosedError):
        list(pager)
