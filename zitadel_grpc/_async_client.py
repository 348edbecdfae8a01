"""AsyncClient: all APIs of a ZITADEL server, each service as an attribute. `_client` has its sync twin."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

import grpc
import grpc.aio

from zitadel_grpc._base_client import BaseClient, fixed_metadata
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport import aio_channel
from zitadel_grpc._transport.aio_connection import AsyncConnection
from zitadel_grpc._transport.target import Target
from zitadel_grpc.api._services import AsyncServices
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc.api._services import Listed
    from zitadel_grpc.pagination import AsyncPager

Stub = TypeVar("Stub")
Request = TypeVar("Request")
Item = TypeVar("Item")
T = TypeVar("T")


class AsyncClient(BaseClient, AsyncServices):
    """An asynchronous client for all APIs of a ZITADEL server.

        async with AsyncClient("https://my.zitadel.cloud", JwtProfile.from_file("key.json")) as client:
            response = await client.management.GetMyOrg(GetMyOrgRequest())

    Services are attributes, named after their proto package: `management`, `admin`, `auth` and `system` for
    the v1 APIs, and `user_v2`, `org_v2`, `project_v2beta`, … for the others. A service loads its stubs when
    it is first used. The first call obtains a token and opens the connection, in the event loop that makes
    the call. A client may be used from several event loops; with some older versions of grpcio, asyncio then
    logs a harmless BlockingIOError of its `PollerCompletionQueue`.

    A process may fork before the first call, or after the event loops that made calls are closed. If a
    channel is open in a running loop at the fork, grpc.aio does not work in the child, and calls in the child
    raise ClosedError.

    Args:
        url: `https://host` or `https://host:port`.
        credentials: The identity that makes the calls. Clients can share one credentials object and its
            token. A call with its own `credentials` or `authorization` metadata uses those instead.
        org_id: The organization that calls act in, unless a call names another.
        options: How to connect.
        timeout: Default timeout of a call in seconds. It includes the wait for a token and retries.
        interceptors: `grpc.aio` interceptors. They see each attempt of a call, including its token.
        validate: Whether to check each request against the rules in the protobufs
            (`zitadel_grpc.validation`) before it is sent. An invalid request raises InvalidRequest.

    Raises ConfigurationError. Calls raise RpcError, CredentialsError or TokenEndpointError.
    """

    @without_locals
    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        org_id: str | None = None,
        options: ConnectionOptions | None = None,
        timeout: float = 30.0,
        interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
        validate: bool = False,
    ) -> None:
        options = ConnectionOptions() if options is None else options
        self._target = Target(url, credentials, options, timeout, validate=validate)
        self._connection = AsyncConnection(self._target, interceptors)
        self._channel = aio_channel.AuthenticatedChannel(
            self._connection, fixed_metadata(options, org_id), options.retries
        )

    def stub(self, stub_class: Callable[[grpc.aio.Channel], Stub]) -> Stub:
        """Creates a generated stub that uses this client's connection.

        Its streaming methods are gRPC's own, with the token attached and with requests and responses checked.
        They have no default timeout and no retries. Apart from failed checks, their errors are gRPC's own. If
        no token can be obtained, they fail with UNAVAILABLE.
        """
        return stub_class(self._channel)

    @staticmethod
    def paginate(
        call: Callable[[Request], Awaitable[Listed[Item]]],
        request: Request,
        *,
        page_size: int | None = None,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> AsyncPager[Item]:
        """Returns an iterator over the items of a list. It requests pages as they are needed.

            async for user in client.paginate(client.user_v2.ListUsers, ListUsersRequest()):
                print(user.username)

        Each item is returned once. If the list can be sorted, the pager sorts it, by creation date where
        possible, unless the request sorts it. Items present throughout are then never skipped, even if others
        are added or removed during the iteration, and items appended during the iteration are included. If
        the list cannot be sorted, or hides items from the caller, an item may be skipped when others are
        removed during the iteration. Changes (`List…Changes`) are returned oldest first.

        `pages()` iterates over whole pages. `total` is the number of items in the list, known after the first
        page; `await pager.count()` requests it earlier. `aclose()` or `async with` stops the iteration early.

        Args:
            call: A `List…` or `Search…` method of one of the client's services.
            request: The request of the list. Its filters, sorting and offset apply. It is not modified.
            page_size: Number of items per page. Default: the request's limit, or 100.
            prefetch: Whether to request the next page while the current one is being processed.
            timeout: Timeout of each page's call in seconds.

        Raises ConfigurationError for an RPC that cannot be paginated. The iteration raises the errors of
        calls, and PaginationError if the server's pages never end. After an error, the next step requests the
        same page again.
        """
        from zitadel_grpc.pagination import AsyncPager

        return AsyncPager(call, request, page_size=page_size, prefetch=prefetch, timeout=timeout)

    @staticmethod
    async def wait_until(
        call: Callable[[], Awaitable[T]],
        predicate: Callable[[T], object] | None = None,
        *,
        timeout: float = 30.0,  # noqa: ASYNC109 # WaitTimeoutError says more than asyncio.timeout
        retry_on: type[ZitadelError] | tuple[type[ZitadelError], ...] = (),
    ) -> T:
        """Repeats a call until its response satisfies `predicate`, and returns that response. Use it for
        lists, permissions and tokens, which reflect ZITADEL's writes with a short delay.

            request = ListUsersRequest(queries=[…])
            await client.wait_until(lambda: client.user_v2.ListUsers(request), lambda found: found.result)

        Args:
            call: A function that makes the call. The pause between attempts grows from 0.05 s to 1 s.
            predicate: Returns whether the response shows the write. None: accept any response.
            timeout: Seconds for all attempts together. It also limits each attempt.
            retry_on: Errors that mean “not yet”: NotFound for a resource just created, (NotFound,
                PermissionDenied) for a Manager role just granted.

        Raises WaitTimeoutError, a TimeoutError, after `timeout` seconds. Errors that are not in `retry_on`
        are raised immediately.
        """
        from zitadel_grpc import _waiting

        return await _waiting.wait_until_async(call, predicate, timeout, retry_on)

    async def access_token(self) -> str:
        """Returns the access token that calls currently use, for example for ZITADEL's REST API. Raises
        CredentialsError or TokenEndpointError."""
        cache = self._target.cache
        try:
            async with asyncio.timeout(self._target.timeout):
                header = cache.authorization() or await cache.wait_async(self._connection.waits)
        except TimeoutError:
            raise TokenEndpointError(
                f"no token received within {self._target.timeout:g} s (the client's timeout)"
            ) from None
        return header.removeprefix("Bearer ")

    async def close(self, grace: float | None = None) -> None:
        """Closes the client. New calls, and calls that wait for a token, raise ClosedError. Calls that were
        sent are cancelled after `grace` seconds (None: immediately)."""
        if self._parent is None:
            await self._connection.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    if not TYPE_CHECKING:  # type checkers report the missing methods

        def __enter__(self) -> NoReturn:
            raise TypeError("AsyncClient must be used with `async with`; use Client for `with`")

        def __exit__(self, *_: object) -> None:
            """Python looks this up before it calls `__enter__`."""
