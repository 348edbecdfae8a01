"""The iterators over lists. A cursor decides what to request; a pager makes the calls and holds the items."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, Generic, Self, TypeVar

import grpc

from zitadel_grpc._misplaced import shown_number
from zitadel_grpc.errors import ConfigurationError, ZitadelError
from zitadel_grpc.pagination._cursor import make_cursor
from zitadel_grpc.pagination._schema import list_schema

Item = TypeVar("Item")

_PAGE_SIZE = 100  # ZITADEL's own default; its maximum is 1,000
_MAX_LIMIT = 2**32 - 1


class _BasePager(Generic[Item]):
    def __init__(
        self, call: Any, request: Any, *, page_size: int | None, prefetch: bool, timeout: float | None
    ) -> None:
        method: Any = call.func if isinstance(call, functools.partial) else call
        if not hasattr(method, "describe"):
            raise ConfigurationError(
                "call must be a method of a client's services, such as client.user_v2.ListUsers, not "
                f"{getattr(method, '__qualname__', None) or type(method).__name__}"
            )
        self._rpc, empty = method.describe(request)
        schema = list_schema(self._rpc, request.DESCRIPTOR, empty.DESCRIPTOR)
        if page_size is None:
            page_size = (schema.page and getattr(request, schema.page).limit) or _PAGE_SIZE
        if not isinstance(page_size, int) or isinstance(page_size, bool) or not 1 <= page_size <= _MAX_LIMIT:
            raise ConfigurationError(f"page_size must be a positive integer, not {shown_number(page_size)}")
        self._cursor = make_cursor(schema, request, page_size)
        self._call = call
        # Passing timeout=None would override the timeout of a functools.partial.
        self._call_options = {} if timeout is None else {"timeout": timeout}
        self._prefetch = prefetch
        self._items: deque[Item] = deque()
        self._closed = False

    @property
    def total(self) -> int | None:
        """Number of items in the whole list, as reported with the latest page.

        None before the first page, and for lists that do not report it. Includes items before the request's
        offset and items that the caller may not see.
        """
        return self._cursor.total

    def _known_total(self) -> int:
        if self.total is None:
            raise ConfigurationError(f"{self._rpc} does not report a total; count the items as you read them")
        return self.total

    @property
    def _at_end(self) -> bool:
        return self._closed or self._cursor.done

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._rpc}, total: {self.total}>"


class AsyncPager(_BasePager[Item], AsyncIterator[Item]):
    """Iterates over the items of a list and requests its pages as needed. Created by `AsyncClient.paginate`.

    Several tasks can share one pager. After an error the next step requests the same page again.
    """

    _loop: asyncio.AbstractEventLoop
    _prefetched: Any = None
    """The call for the next page."""

    def __init__(
        self, call: Any, request: Any, *, page_size: int | None, prefetch: bool, timeout: float | None
    ) -> None:
        super().__init__(call, request, page_size=page_size, prefetch=prefetch, timeout=timeout)
        self._lock = asyncio.Lock()

    async def count(self) -> int:
        """Returns `total`. Requests the first page if necessary and keeps it for the iteration.

        Raises ConfigurationError for a list that does not report its total, and the errors of a call.
        """
        async with self._lock:
            if self.total is None and not self._cursor.done:
                await self._fetch()
        return self._known_total()

    def pages(self) -> AsyncIterator[list[Item]]:
        """Iterates over the pages, each a list of items.

            async for users in client.paginate(client.user_v2.ListUsers, ListUsersRequest()).pages():
                await save(users)

        Shares its position with the iteration over items: the first page is the rest of the current one. A
        page is never empty. It can be shorter than `page_size`, since it holds new items only.
        """
        return _AsyncPages(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        if not self._items:
            await self._fill()
        return self._items.popleft()

    async def _next_page(self) -> list[Item]:
        await self._fill()
        page = list(self._items)
        self._items.clear()
        return page

    async def _fill(self) -> None:
        """Waits for items. Raises StopAsyncIteration at the end of the list."""
        while not self._items:
            async with self._lock:
                if self._items:  # another task fetched the page
                    break
                if self._at_end:
                    raise StopAsyncIteration
                await self._fetch()

    async def _fetch(self) -> None:
        call, self._prefetched = self._prefetched, None
        if call is None or call.cancelled():  # closing the client cancels it
            call = self._send()
        items = self._cursor.receive(await call)
        if self._closed:  # during the call
            return
        self._items.extend(items)
        if self._prefetch and not self._at_end:
            self._loop = asyncio.get_running_loop()
            with contextlib.suppress(ZitadelError):  # raised again when the page is needed
                self._prefetched = self._send()

    def _send(self) -> Any:
        return self._call(self._cursor.next_request(), **self._call_options)

    async def aclose(self) -> None:
        """Ends the iteration and cancels a prefetch in progress."""
        self._closed = True
        self._items.clear()
        if self._prefetched is not None:
            self._prefetched.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._prefetched is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._prefetched.cancel)


class _AsyncPages(AsyncIterator[list[Item]]):
    """Not a generator: that would end with the first error instead of requesting the page again."""

    def __init__(self, pager: AsyncPager[Item]) -> None:
        self._pager = pager

    async def __anext__(self) -> list[Item]:
        return await self._pager._next_page()


class Pager(_BasePager[Item], Iterator[Item]):
    """The synchronous twin of AsyncPager, created by `Client.paginate`. Threads can share one pager."""

    _prefetched: Any = None

    def __init__(
        self, call: Any, request: Any, *, page_size: int | None, prefetch: bool, timeout: float | None
    ) -> None:
        super().__init__(call, request, page_size=page_size, prefetch=prefetch, timeout=timeout)
        self._lock = threading.Lock()

    def count(self) -> int:
        """Returns `total`. Requests the first page if necessary and keeps it for the iteration.

        Raises ConfigurationError for a list that does not report its total, and the errors of a call.
        """
        with self._lock:
            if self.total is None and not self._cursor.done:
                self._fetch()
        return self._known_total()

    def pages(self) -> Iterator[list[Item]]:
        """Iterates over the pages, each a list of items; see `AsyncPager.pages`."""
        return _Pages(self)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        while True:
            with contextlib.suppress(IndexError):
                return self._items.popleft()
            with self._lock:
                if self._items:  # another thread fetched the page
                    continue
                if self._at_end:
                    raise StopIteration
                self._fetch()

    def _next_page(self) -> list[Item]:
        page: list[Item] = []
        with self._lock:
            while True:
                with contextlib.suppress(IndexError):
                    while True:  # one by one: other threads take items meanwhile
                        page.append(self._items.popleft())
                if page:
                    return page
                if self._at_end:
                    raise StopIteration
                self._fetch()

    def _fetch(self) -> None:
        call, self._prefetched = self._prefetched, None
        response = self._response_of(call) if call else self._send()
        items = self._cursor.receive(response)
        if self._closed:  # during the call, by another thread
            return
        self._items.extend(items)
        if self._prefetch and not self._at_end:
            with contextlib.suppress(ZitadelError):  # raised again when the page is needed
                self._prefetched = _future(self._call)(self._cursor.next_request(), **self._call_options)

    def _response_of(self, prefetched: Any) -> Any:
        with contextlib.suppress(grpc.RpcError, grpc.FutureCancelledError):
            return prefetched.result()
        return self._send()  # a call is retried, a future is not

    def _send(self) -> Any:
        return self._call(self._cursor.next_request(), **self._call_options)

    def close(self) -> None:
        """Ends the iteration and cancels a prefetch in progress."""
        self._closed = True
        self._items.clear()
        self._cancel_prefetch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._cancel_prefetch()

    def _cancel_prefetch(self) -> None:
        if self._prefetched is not None:
            self._prefetched.cancel()


class _Pages(Iterator[list[Item]]):
    def __init__(self, pager: Pager[Item]) -> None:
        self._pager = pager

    def __next__(self) -> list[Item]:
        return self._pager._next_page()


def _future(call: Any) -> Any:
    if isinstance(call, functools.partial):
        future: Any = getattr(call.func, "future")  # noqa: B009
        return functools.partial(future, *call.args, **call.keywords)
    return call.future
