"""Client, the synchronous twin of `_async_client.AsyncClient`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import grpc

from zitadel_grpc._base_client import BaseClient, fixed_metadata
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc._transport import sync_channel
from zitadel_grpc._transport.sync_connection import SyncConnection
from zitadel_grpc._transport.target import Target
from zitadel_grpc.api._services import Services
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.errors import TokenEndpointError, ZitadelError

if TYPE_CHECKING:
    from zitadel_grpc.api._services import Listed
    from zitadel_grpc.pagination import Pager

Stub = TypeVar("Stub")
Request = TypeVar("Request")
Item = TypeVar("Item")
T = TypeVar("T")


class Client(BaseClient, Services):
    """The synchronous twin of AsyncClient: the same names and rules, with blocking calls.

        with Client("https://my.zitadel.cloud", JwtProfile.from_file("key.json")) as client:
            response = client.management.GetMyOrg(GetMyOrgRequest())

    Threads can share a client. After a fork it works in parent and child, unless the environment variable
    `GRPC_ENABLE_FORK_SUPPORT` disables gRPC's fork support or an asyncio channel was open. A fork waits up to
    0.4 s for calls to finish; if one takes longer, calls in the child raise ClosedError.
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
        """Creates a generated stub that uses this client's connection."""
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
        """Returns an iterator over the items of a list, as `AsyncClient.paginate` does."""
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
        """Repeats a call until its response satisfies `predicate`, as `AsyncClient.wait_until` does.
        `timeout` limits the client calls that `call` makes, but not its other code."""
        from zitadel_grpc import _waiting

        return _waiting.wait_until_sync(call, predicate, timeout, retry_on)

    def access_token(self) -> str:
        """Returns the access token that calls currently use, for example for ZITADEL's REST API. Raises
        CredentialsError or TokenEndpointError."""
        cache = self._target.cache
        try:
            header = cache.authorization() or cache.wait(self._target.timeout, self._connection.waits)
        except TimeoutError:
            raise TokenEndpointError(
                f"no token received within {self._target.timeout:g} s (the client's timeout)"
            ) from None
        return header.removeprefix("Bearer ")

    def close(self) -> None:
        """Closes the client. New calls, and calls that wait for a token, raise ClosedError. Calls that were
        sent are cancelled."""
        if self._parent is None:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    if not TYPE_CHECKING:  # type checkers report the missing methods

        async def __aenter__(self) -> NoReturn:
            raise TypeError("Client must be used with `with`; use AsyncClient for `async with`")

        async def __aexit__(self, *_: object) -> None:
            """Python looks this up before it calls `__aenter__`."""
