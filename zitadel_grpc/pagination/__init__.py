"""Lists, page by page. `AsyncClient.paginate` returns an `AsyncPager`, `Client.paginate` a `Pager`.

async for user in client.paginate(client.user_v2.ListUsers, ListUsersRequest()):
    print(user.username)
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc.pagination._cursor import PaginationError as PaginationError
    from zitadel_grpc.pagination._pagers import AsyncPager as AsyncPager
    from zitadel_grpc.pagination._pagers import Pager as Pager

__getattr__, __dir__, __all__ = lazy_exports(
    __name__, {"_cursor": ["PaginationError"], "_pagers": ["AsyncPager", "Pager"]}
)
