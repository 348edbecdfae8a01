"""The iterators over lists: `walk` decides what to ask, these wait for the answers."""

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
from zitadel_grpc.pagination._listing import listing
from zitadel_grpc.pagination._walk import walk

Item = TypeVar("Item")

_PAGE_SIZE = 100  # what ZITADEL takes for a limit where a request has none; its highest is 1,000
_HIGHEST_LIMIT = 2**32 - 1


class _Common(Generic[Item]):
    def __init__(
        self, call: Any, request: Any, *, page_size: int | None, prefetch: bool, timeout: float | None
    ) -> None:
        method = _method(call)
        if not hasattr(method, "described"):
            raise ConfigurationError(
                f"paginate() takes a method of a client's services, such as client.management.ListUsers: "
                f"{getattr(method, '__qualname__', None) or type(method).__name__} is not one"
            )
        self._rpc, empty = method.described(request)
        found = listing(self._rpc, request.DESCRIPTOR, empty.DESCRIPTOR)
        if page_size is None:
            page_size = (found.page and getattr(request, found.page).limit) or _PAGE_SIZE
        if not isinstance(page_size, int) or not 1 <= page_size <= _HIGHEST_LIMIT:
            raise ConfigurationError(
                f"page_size must be a number of items from 1 on, not {shown_number(page_size)}"
            )
        self._walk = walk(found, request, page_size)
        self._call = call
        # Not given at all, it leaves the deadline of a functools.partial as it is.
        self._options = {} if timeout is None else {"timeout": timeout}
        self._prefetch = prefetch
        self._items: deque[Item] = deque()
        self._closed = False

    @property
    def total(self) -> int | None:
        """How many items the whole list has, as the server said with the latest page; None before the first,
        and if it does not say. It counts what the caller may not see too, and what comes before the request's
        offset."""
        return self._walk.total

    def _known_total(self) -> int:
        if self.total is None:
            raise ConfigurationError(f"{self._rpc} does not tell how many items there are: count them")
        return self.total

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._rpc}, total: {self.total}>"


class AsyncPager(_Common[Item], AsyncIterator[Item]):
    """The items of a list, whose pages are asked for as they are needed. Made by `AsyncClient.paginate`.

    Several tasks may take items from one. After an error the next step asks for the same page again.
    """

    _loop: asyncio.AbstractEventLoop
    _ahead: Any = None
    """The call for the next page, if it is under way."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._lock = asyncio.Lock()

    async def count(self) -> int:
        """`total`, for which the first page is asked for if it is not here yet. Raises as a call does."""
        async with self._lock:
            if self.total is None:
                await self._load()
        return self._known_total()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        while not self._items:
            async with self._lock:
                if self._items:  # of a page that another task waited for
                    break
                if self._walk.done or self._closed:
                    raise StopAsyncIteration
                await self._load()
        return self._items.popleft()

    async def _load(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.cancelled():  # by the client, when it was closed
            ahead = self._send()
        response = await ahead
        self._items += self._walk.receive(response)
        if self._prefetch and not self._walk.done and not self._closed:
            self._loop = asyncio.get_running_loop()
            with contextlib.suppress(ZitadelError):  # is raised when the page is needed
                self._ahead = self._send()

    def _send(self) -> Any:
        return self._call(self._walk.request(), **self._options)

    async def aclose(self) -> None:
        """Ends the iteration, and the call under way for the next page."""
        self._closed = True
        self._items.clear()
        if self._ahead is not None:
            self._ahead.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._ahead is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._ahead.cancel)


class Pager(_Common[Item], Iterator[Item]):
    """AsyncPager' synchronous twin, made by `Client.paginate`. Several threads may take items from one."""

    _ahead: Any = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._lock = threading.Lock()

    def count(self) -> int:
        """`total`, for which the first page is asked for if it is not here yet. Raises as a call does."""
        with self._lock:
            if self.total is None:
                self._load()
        return self._known_total()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        while True:
            with contextlib.suppress(IndexError):
                return self._items.popleft()
            with self._lock:
                if self._items:  # of a page that another thread waited for
                    continue
                if self._walk.done or self._closed:
                    raise StopIteration
                self._load()

    def _load(self) -> None:
        ahead, self._ahead = self._ahead, None
        response = self._answer(ahead) if ahead else self._call(self._walk.request(), **self._options)
        self._items += self._walk.receive(response)
        if self._prefetch and not self._walk.done and not self._closed:
            with contextlib.suppress(ZitadelError):  # is raised when the page is needed
                self._ahead = _future(self._call)(self._walk.request(), **self._options)

    def _answer(self, ahead: Any) -> Any:
        with contextlib.suppress(grpc.RpcError, grpc.FutureCancelledError):
            return ahead.result()
        # A future is not sent again when it fails; a call is.
        return self._call(self._walk.request(), **self._options)

    def close(self) -> None:
        """Ends the iteration, and the call under way for the next page."""
        self._closed = True
        self._items.clear()
        self._cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()


def _method(call: Any) -> Any:
    return call.func if isinstance(call, functools.partial) else call


def _future(call: Any) -> Any:
    if isinstance(call, functools.partial):
        future: Any = getattr(call.func, "future")  # noqa: B009
        return functools.partial(future, *call.args, **call.keywords)
    return call.future
