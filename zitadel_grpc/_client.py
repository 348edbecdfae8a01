"""AsyncClient and Client: one channel to a ZITADEL, each of its services an attribute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

import grpc
import grpc.aio

from zitadel_grpc._base_client import BaseClient, fixed_metadata
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport import aio, sync_channel
from zitadel_grpc._transport.aio_connection import AsyncConnection
from zitadel_grpc._transport.connection import Target
from zitadel_grpc._transport.sync_connection import SyncConnection
from zitadel_grpc.api._services import AsyncServices, Services
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc.api._services import Listed
    from zitadel_grpc.pagination import AsyncPager, Pager

Stub = TypeVar("Stub")
Request = TypeVar("Request")
Item = TypeVar("Item")
T = TypeVar("T")


class AsyncClient(BaseClient, AsyncServices):
    """Every API of a ZITADEL, asynchronously.

        async with AsyncClient("https://my.zitadel.cloud", JwtProfile.from_file("key.json")) as client:
            answer = await client.management.GetMyOrg(GetMyOrgRequest())

    Services are attributes named after their proto package: `management`, `admin`, `auth`, `system` for v1,
    else `user_v2`, `org_v2`, `project_v2beta`, …; each loads its stubs when it is first used. So is the
    connection made, in the event loop that uses it; a client may be used from several loops (with some older
    versions of grpcio asyncio then logs a BlockingIOError of its `PollerCompletionQueue`, which does no
    harm). A token is had at the first call.

    `org_id` is the organization that calls act in, unless one names another; `timeout` the deadline in
    seconds of calls that give none, the wait for a token counted in. `interceptors` are grpc.aio's; they see
    each try of a call, with its token. A call given its own `credentials` or `authorization` metadata carries
    that instead. With `validate` each request is checked by the protobufs' rules (`zitadel_grpc.validation`)
    before it is sent, and the call raises InvalidRequest.

    A process may fork before the first call, or when the loops that made calls are closed. In the child of a
    process in whose running loop a channel was open, grpc.aio does not work, and calls raise ClosedError.

    Raises ConfigurationError; its calls raise RpcError, CredentialsError or TokenEndpointError.
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
        self._channel = aio.AuthenticatedChannel(
            self._connection, fixed_metadata(options, org_id), options.retries
        )

    def stub(self, stub_class: Callable[[grpc.aio.Channel], Stub]) -> Stub:
        """Any generated stub, on this client's channel. Streaming methods are gRPC's own, with the token and
        checked requests and responses: without a default deadline or a retry, and with gRPC's errors for the
        rest, those of credentials as UNAVAILABLE."""
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
        """The items of a list, one after another, its pages asked for as they are needed.

            async for user in client.paginate(client.management.ListUsers, ListUsersRequest()):
                print(user.user_name)

        `call` is a method of this client's services, or of a view's: any `List…` or `Search…`. The request's
        own filters, sorting and offset hold; it is not changed. A page has `page_size` items, else as many
        as the request's limit says, else 100; `timeout` is each page's, in seconds. With `prefetch` the next
        page is under way while the items of one are used. `total` tells how many items the list has once
        the first page is there, `await …count()` before.

        No item comes twice. A list that can be sorted is, by creation where it offers that, unless the
        request sorts it; then none is lost either that is there all the while, whatever is added or removed
        meanwhile, and what is added behind comes too. Where a list cannot be sorted, or hides items from its
        caller, one may be missed if others are removed meanwhile. Changes (`List…Changes`) come oldest first.

        Raises ConfigurationError for an RPC that cannot be paged. The iteration raises PaginationError if the
        server's pages never end, else as calls do, and asks for the same page again if it goes on.
        `aclose()` or `async with` end it early.
        """
        from zitadel_grpc.pagination import AsyncPager

        return AsyncPager(call, request, page_size=page_size, prefetch=prefetch, timeout=timeout)

    @staticmethod
    async def wait_until(
        call: Callable[[], Awaitable[T]],
        predicate: Callable[[T], object] | None = None,
        *,
        timeout: float = 30.0,  # noqa: ASYNC109 # what it waits for is told when it is over
        retry_on: type[ZitadelError] | tuple[type[ZitadelError], ...] = (),
    ) -> T:
        """Makes a call again and again until `predicate` holds of its answer (None: until there is one), and
        returns that answer. For lists, permissions and tokens, which follow ZITADEL's writes a moment later.

            request = ListUsersRequest(queries=[…])
            await client.wait_until(lambda: client.management.ListUsers(request), lambda found: found.result)

        Waits between the calls 0.05 s at first and up to 1 s later, all in all `timeout` seconds, by which
        each call is bounded too. An error in `retry_on` means “not yet”: NotFound for something just made,
        (NotFound, PermissionDenied) for a Manager role just given. Raises every other error at once, and
        WaitTimeoutError, a TimeoutError, when the time is over.
        """
        from zitadel_grpc import _waiting

        return await _waiting.wait_until_async(call, predicate, timeout, retry_on)

    async def access_token(self) -> str:
        """The token that calls carry now, for use elsewhere. Raises CredentialsError or
        TokenEndpointError."""
        cache = self._target.cache
        try:
            async with asyncio.timeout(self._target.timeout):
                header = cache.authorization() or await cache.wait_async(self._connection.waits)
        except TimeoutError:
            raise TokenEndpointError(f"no token within {self._target.timeout:g} s (timeout)") from None
        return header.removeprefix("Bearer ")

    async def close(self, grace: float | None = None) -> None:
        """Ends calls under way after `grace` seconds (None: at once), and all later ones with ClosedError.
        Calls that wait for a token end with it at once."""
        if self._parent is None:
            await self._connection.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Client(BaseClient, Services):
    """AsyncClient's synchronous twin: the same names and rules, and calls that block. Safe to use from many
    threads, and in parent and children after a fork, unless gRPC was told otherwise by the environment
    variable `GRPC_ENABLE_FORK_SUPPORT`, or an asyncio channel was open. Where a call took longer than a fork
    waits, 0.4 s, calls in the child raise ClosedError.

        with Client("https://my.zitadel.cloud", JwtProfile.from_file("key.json")) as client:
            answer = client.management.GetMyOrg(GetMyOrgRequest())
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
        interceptors: Sequence[Any] = (),
        validate: bool = False,
    ) -> None:
        options = ConnectionOptions() if options is None else options
        self._target = Target(url, credentials, options, timeout, validate=validate)
        self._connection = SyncConnection(self._target, interceptors)
        self._channel = sync_channel.AuthenticatedChannel(
            self._connection, fixed_metadata(options, org_id), options.retries
        )

    def stub(self, stub_class: Callable[[grpc.Channel], Stub]) -> Stub:
        """Any generated stub, on this client's channel."""
        return stub_class(self._channel)

    @staticmethod
    def paginate(
        call: Callable[[Request], Listed[Item]],
        request: Request,
        *,
        page_size: int | None = None,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Pager[Item]:
        """As `AsyncClient.paginate`: an iterator over the items of a list."""
        from zitadel_grpc.pagination import Pager

        return Pager(call, request, page_size=page_size, prefetch=prefetch, timeout=timeout)

    @staticmethod
    def wait_until(
        call: Callable[[], T],
        predicate: Callable[[T], object] | None = None,
        *,
        timeout: float = 30.0,
        retry_on: type[ZitadelError] | tuple[type[ZitadelError], ...] = (),
    ) -> T:
        """As `AsyncClient.wait_until`. Of what `call` does, clients' calls are bounded by the time left."""
        from zitadel_grpc import _waiting

        return _waiting.wait_until_sync(call, predicate, timeout, retry_on)

    def access_token(self) -> str:
        """The token that calls carry now, for use elsewhere. Raises CredentialsError or
        TokenEndpointError."""
        cache = self._target.cache
        try:
            header = cache.authorization() or cache.wait(self._target.timeout, self._connection.waits)
        except TimeoutError:
            raise TokenEndpointError(f"no token within {self._target.timeout:g} s (timeout)") from None
        return header.removeprefix("Bearer ")

    def close(self) -> None:
        """Cancels the calls under way. Calls that wait for a token, and all later ones, raise ClosedError."""
        if self._parent is None:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
