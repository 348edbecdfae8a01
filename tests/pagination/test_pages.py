"""`.pages()`: whole pages, at the same position as the iteration over items."""

from __future__ import annotations

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.pagination.users import LIST_USERS, ids, list_users, list_users_sync, requested_pages
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.errors import InvalidArgument
from zitadel_grpc.testing import Emulator


@pytest.mark.parametrize("prefetch", [False, True])
async def test_a_page_is_a_list_of_its_items(
    client: AsyncClient, sync_client: Client, emulator: Emulator, users: list[str], prefetch: bool
) -> None:
    expected = [users[:10], users[10:19], users[19:]]  # each page overlaps the previous one by one item

    assert [ids(page) async for page in list_users(client, prefetch=prefetch).pages()] == expected
    assert [ids(page) for page in list_users_sync(sync_client, prefetch=prefetch).pages()] == expected

    assert requested_pages(emulator) == [(0, 10), (9, 10), (18, 10)] * 2


async def test_mixed_with_items_nothing_is_skipped_or_repeated(client: AsyncClient, users: list[str]) -> None:
    pager = list_users(client)
    found = [(await anext(pager)).id for _ in range(3)]
    found += ids(await anext(pager.pages()))
    assert found == users[:10]
    found += [(await anext(pager)).id]
    pages = pager.pages()
    found += ids(await anext(pages))
    assert found == users[:19]
    found += [(await anext(pager)).id]
    found += ids(list(itertools.chain.from_iterable([page async for page in pages])))
    assert found == users
    assert pager.total == len(users)


def test_mixed_with_items_nothing_is_skipped_or_repeated_sync(sync_client: Client, users: list[str]) -> None:
    pager = list_users_sync(sync_client)
    found = [next(pager).id for _ in range(3)]
    found += ids(next(pager.pages()))
    assert found == users[:10]
    found += [next(pager).id]
    pages = pager.pages()
    found += ids(next(pages))
    assert found == users[:19]
    found += [next(pager).id]
    found += ids(list(itertools.chain.from_iterable(pages)))
    assert found == users


async def test_count_keeps_its_page(client: AsyncClient, emulator: Emulator, users: list[str]) -> None:
    pager = list_users(client)
    assert await pager.count() == len(users)
    assert ids(await anext(pager.pages())) == users[:10]
    assert len(requested_pages(emulator)) == 1


async def test_after_an_error_the_same_page_is_requested_again(
    client: AsyncClient, sync_client: Client, emulator: Emulator, users: list[str]
) -> None:
    pages, sync_pages = list_users(client).pages(), list_users_sync(sync_client).pages()
    emulator.faults.fail_next(LIST_USERS, grpc.StatusCode.INVALID_ARGUMENT, times=2)
    with pytest.raises(InvalidArgument):
        await anext(pages)
    with pytest.raises(InvalidArgument):
        next(sync_pages)
    assert ids(await anext(pages)) == users[:10] == ids(next(sync_pages))


async def test_an_empty_list_has_no_page(
    client: AsyncClient, sync_client: Client, emulator: Emulator
) -> None:
    organization = emulator.add_organization("Empty")
    view, sync_view = client.with_org(organization), sync_client.with_org(organization)
    assert [page async for page in list_users(view).pages()] == []
    assert list(list_users_sync(sync_view).pages()) == []


async def test_tasks_that_take_items_and_pages_share_a_list(client: AsyncClient, users: list[str]) -> None:
    pager = list_users(client, page_size=3, prefetch=True)

    async def take_items() -> list[str]:
        return ids([user async for user in pager])

    async def take_pages() -> list[str]:
        return ids([user async for page in pager.pages() for user in page])

    shares = await asyncio.gather(take_items(), take_pages(), take_items(), take_pages())
    assert sorted(itertools.chain.from_iterable(shares)) == sorted(users)


def test_threads_that_take_items_and_pages_share_a_list(sync_client: Client, users: list[str]) -> None:
    pager = list_users_sync(sync_client, page_size=3, prefetch=True)
    start = threading.Barrier(4)

    def take_items() -> list[str]:
        start.wait(10)
        return ids(list(pager))

    def take_pages() -> list[str]:
        start.wait(10)
        return ids(list(itertools.chain.from_iterable(pager.pages())))

    with ThreadPoolExecutor(4) as pool:
        shares = [pool.submit(work) for work in (take_items, take_pages) * 2]
    assert sorted(itertools.chain.from_iterable(share.result() for share in shares)) == sorted(users)
